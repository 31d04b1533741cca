variable "name" {
  description = "Name of the machine and of what belongs to it"
  type        = string
  default     = "gristmill"
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,40}$", var.name))
    error_message = "The name must begin with a letter, and have letters, digits and hyphens, 41 at most."
  }
}

variable "source_uri" {
  description = "The Debian package of a release (https://... or s3://BUCKET/gristmill_0.2.0_amd64.deb, in one of the two buckets); or what is built on the machine: an archive in one of them (s3://BUCKET/gristmill.tar.gz, made by git archive), or a Git repository (https://..., without a name or a token in it)"
  type        = string
  validation {
    condition     = can(regex("^(https|s3)://[A-Za-z0-9._~:/%+=-]+$", var.source_uri))
    error_message = "The source must be an https:// or s3:// URI without a name or a token."
  }
}

variable "source_digest" {
  description = "SHA-256 of the package or archive, as SHA256SUMS has it; only a Git repository needs none"
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^([0-9a-f]{64})?$", var.source_digest))
    error_message = "The digest must be 64 hexadecimal digits."
  }
}

variable "revision" {
  description = "Branch, tag or full commit id of the repository"
  type        = string
  default     = "main"
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.revision))
    error_message = "The revision must be a branch, a tag or a full commit id."
  }
}

variable "input_bucket" {
  description = "Bucket that is read"
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.input_bucket))
    error_message = "This is no name of a bucket: name it without s3://."
  }
}

variable "output_bucket" {
  description = "Bucket that is written"
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.output_bucket))
    error_message = "This is no name of a bucket: name it without s3://."
  }
}

variable "create_buckets" {
  description = "Make both buckets, or use two that are there"
  type        = bool
  default     = false
}

variable "collections" {
  description = "Collections in the input bucket; {date}, {year}, {month} and {day} are filled in"
  type        = string
  default     = "collections/"
  validation {
    condition     = can(regex("^[A-Za-z0-9._/={}*!()+-]*$", var.collections))
    error_message = "The key may have letters, digits and ._/={}*!()+- only."
  }
}

variable "predictions" {
  description = "Predictions in the input bucket"
  type        = string
  default     = "predictions/"
  validation {
    condition     = can(regex("^[A-Za-z0-9._/={}*!()+-]*$", var.predictions))
    error_message = "The key may have letters, digits and ._/={}*!()+- only."
  }
}

variable "output" {
  description = "Output in the output bucket, which grows; with {date} in it each day has one of its own"
  type        = string
  default     = "all"
  validation {
    condition     = can(regex("^[A-Za-z0-9._/={}!()+-]+$", var.output))
    error_message = "The key may have letters, digits and ._/={}!()+- only, and must not be empty."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the buckets, if they are encrypted with one"
  type        = string
  default     = null
  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "This is no ARN of a KMS key."
  }
}

variable "recipe" {
  description = "Recipe file in one of the two buckets (s3://BUCKET/recipe.yaml) with all other settings; none if empty"
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^(s3://[A-Za-z0-9._/=+-]+)?$", var.recipe))
    error_message = "The recipe must be an s3:// URI."
  }
}

variable "schedule" {
  description = "When it runs, as systemd writes it"
  type        = string
  default     = "*-*-* 02:30:00 UTC"
  validation {
    condition     = can(regex("^[A-Za-z0-9*:,./ ~-]+$", var.schedule))
    error_message = "The schedule must be a time as in systemd.time(7)."
  }
}

variable "instance_type" {
  description = "An x86-64 type with at least 4 GiB of memory"
  type        = string
  default     = "m7i.large"
}

variable "volume_size" {
  description = "GiB; what the system and the build leave of it is scratch space"
  type        = number
  default     = 40
  validation {
    condition     = var.volume_size >= 16
    error_message = "The volume must have 16 GiB at least."
  }
}

variable "spot" {
  description = "A spot machine costs about a third; when it is taken away, another one comes and runs the day again"
  type        = bool
  default     = false
}

variable "subnet_id" {
  description = "It needs a way to the Internet, for packages and AWS's services"
  type        = string
}

variable "public_address" {
  description = "Needed in a public subnet, not behind a NAT gateway; no port is open either way"
  type        = bool
  default     = true
}

variable "image_parameter" {
  description = "Debian 12, the newest image"
  type        = string
  default     = "/aws/service/debian/release/12/latest/amd64"
}

variable "notebook" {
  description = "JupyterLab, on the machine's own address 127.0.0.1, reached through a session's tunnel"
  type        = bool
  default     = false
}

variable "ssh_from" {
  description = "The one address that SSH is open to, as 198.51.100.7/32; without it none"
  type        = string
  default     = null
  validation {
    condition     = var.ssh_from == null || can(regex("^\\d{1,3}(\\.\\d{1,3}){3}/32$", var.ssh_from))
    error_message = "SSH is opened to one IPv4 address only, with /32."
  }
}

variable "key_name" {
  description = "EC2 key pair for SSH"
  type        = string
  default     = null
}

variable "log_retention" {
  description = "Days that logs are kept"
  type        = number
  default     = 90
  validation {
    condition = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
    3653], var.log_retention)
    error_message = "CloudWatch knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400 and some more days."
  }
}
