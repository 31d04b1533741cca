# gristmill on one EC2 machine: the same as ../cloudformation.yaml.

data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_subnet" "machine" {
  id = var.subnet_id
}

data "aws_ssm_parameter" "image" {
  name = var.image_parameter
}

locals {
  input_arn  = "arn:${data.aws_partition.current.partition}:s3:::${var.input_bucket}"
  output_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.output_bucket}"

  user_data = templatefile("${path.module}/cloud-config.yaml", {
    Region       = data.aws_region.current.id # "name" is deprecated since 6.0
    Source       = var.source_uri
    SourceDigest = var.source_digest
    Revision     = var.revision
    Collections  = "s3://${var.input_bucket}/${var.collections}"
    Predictions  = "s3://${var.input_bucket}/${var.predictions}"
    Output       = "s3://${var.output_bucket}/${var.output}"
    Recipe       = var.recipe
    Schedule     = var.schedule
    LogGroup     = aws_cloudwatch_log_group.runs.name
    Options      = var.notebook ? "--notebook" : ""
  })
}

resource "aws_cloudwatch_log_group" "runs" {
  name              = "/gristmill/${var.name}"
  retention_in_days = var.log_retention
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "machine" {
  statement {
    sid       = "ReadInput"
    actions   = ["s3:GetObject"]
    resources = ["${local.input_arn}/*"]
  }
  statement {
    sid       = "ListBuckets"
    actions   = ["s3:ListBucket"]
    resources = [local.input_arn, local.output_arn]
  }
  statement {
    sid = "WriteOutput"
    actions = [
      "s3:GetObject",
      "s3:PutObject",
      "s3:PutObjectTagging",
      "s3:DeleteObject",
      "s3:AbortMultipartUpload",
    ]
    resources = ["${local.output_arn}/*"]
  }
  statement {
    sid       = "ListUploads"
    actions   = ["s3:ListBucketMultipartUploads"]
    resources = [local.output_arn]
  }
  # What the agent of Systems Manager needs for sessions; these actions know no resources.
  statement {
    sid = "Sessions"
    actions = [
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
  statement {
    sid       = "ShipLogs"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.runs.arn}:*"]
  }
  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "UseKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "machine" {
  name_prefix        = "${substr(var.name, 0, 37)}-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "machine" {
  name   = "gristmill"
  role   = aws_iam_role.machine.id
  policy = data.aws_iam_policy_document.machine.json
}

resource "aws_iam_instance_profile" "machine" {
  name_prefix = "${substr(var.name, 0, 37)}-"
  role        = aws_iam_role.machine.name
}

resource "aws_security_group" "machine" {
  name_prefix = "${var.name}-"
  description = "gristmill - no way in, web out"
  vpc_id      = data.aws_subnet.machine.vpc_id

  # An argument, not blocks: if there is none, blocks say nothing, and a way in that was there would stay open.
  ingress = var.ssh_from == null ? [] : [{
    description      = "SSH from one address"
    protocol         = "tcp"
    from_port        = 22
    to_port          = 22
    cidr_blocks      = [var.ssh_from]
    ipv6_cidr_blocks = []
    prefix_list_ids  = []
    security_groups  = []
    self             = false
  }]

  egress {
    description = "AWS, Git, Python packages"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    description = "Debian packages, which are signed"
    protocol    = "tcp"
    from_port   = 80
    to_port     = 80
    cidr_blocks = ["0.0.0.0/0"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_launch_template" "machine" {
  name_prefix            = "${var.name}-"
  update_default_version = true
  image_id               = nonsensitive(data.aws_ssm_parameter.image.value)
  instance_type          = var.instance_type
  key_name               = var.key_name
  user_data              = base64encode(local.user_data)

  iam_instance_profile {
    arn = aws_iam_instance_profile.machine.arn
  }

  dynamic "instance_market_options" {
    for_each = var.spot ? [1] : []
    content {
      market_type = "spot"
      spot_options {
        spot_instance_type = "one-time"
      }
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  network_interfaces {
    device_index                = 0
    associate_public_ip_address = var.public_address
    delete_on_termination       = true
    security_groups             = [aws_security_group.machine.id]
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_type           = "gp3"
      volume_size           = var.volume_size
      encrypted             = true
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = var.name }
  }

  tag_specifications {
    resource_type = "volume"
    tags          = { Name = var.name }
  }

  lifecycle {
    precondition {
      condition     = var.ssh_from == null || var.key_name != null
      error_message = "SSH (ssh_from) needs a key pair (key_name)."
    }
    precondition {
      condition     = var.source_digest != "" || !can(regex("^s3://|[.]deb$", var.source_uri))
      error_message = "A package or an archive (source_uri) needs its SHA-256 (source_digest)."
    }
  }
}

# One machine: another one comes when it fails or when spot takes it away.
resource "aws_autoscaling_group" "machine" {
  name_prefix         = "${var.name}-"
  min_size            = 0
  max_size            = 1
  desired_capacity    = 1
  health_check_type   = "EC2"
  vpc_zone_identifier = [var.subnet_id]

  launch_template {
    id      = aws_launch_template.machine.id
    version = aws_launch_template.machine.latest_version
  }

  instance_refresh {
    strategy = "Rolling"
    preferences {
      min_healthy_percentage = 0
    }
  }

  tag {
    key                 = "Name"
    value               = var.name
    propagate_at_launch = true
  }

  lifecycle {
    # Scheduled actions may say when the machine is there.
    ignore_changes = [desired_capacity]
  }
}
