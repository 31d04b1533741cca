# The two buckets, if they are to be made. They outlive the rest: docs/operate/deploy.md says how.

locals {
  buckets = var.create_buckets ? { input = var.input_bucket, output = var.output_bucket } : {}
}

resource "aws_s3_bucket" "data" {
  for_each = local.buckets
  bucket   = each.value

  lifecycle {
    prevent_destroy = true
    precondition {
      condition     = var.input_bucket != var.output_bucket
      error_message = "Input and output need buckets of their own if they are made here."
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "data" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.data[each.key].id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  for_each                = local.buckets
  bucket                  = aws_s3_bucket.data[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "data" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.data[each.key].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "data" {
  for_each = local.buckets
  bucket   = aws_s3_bucket.data[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "data" {
  for_each   = local.buckets
  bucket     = aws_s3_bucket.data[each.key].id
  depends_on = [aws_s3_bucket_versioning.data]

  dynamic "rule" {
    for_each = each.key == "output" ? [1] : []
    content {
      id     = "staging"
      status = "Enabled"
      filter {
        tag {
          key   = "gristmill"
          value = "staging"
        }
      }
      expiration {
        days = 14
      }
      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  rule {
    id     = "broken-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    expiration {
      expired_object_delete_marker = true
    }
  }
}

data "aws_iam_policy_document" "encrypted_connections_only" {
  for_each = local.buckets
  statement {
    sid       = "EncryptedConnectionsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.data[each.key].arn, "${aws_s3_bucket.data[each.key].arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "data" {
  for_each   = local.buckets
  bucket     = aws_s3_bucket.data[each.key].id
  policy     = data.aws_iam_policy_document.encrypted_connections_only[each.key].json
  depends_on = [aws_s3_bucket_public_access_block.data]
}
