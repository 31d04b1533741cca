output "input" {
  description = "Where a day's input is expected"
  value       = ["s3://${var.input_bucket}/${var.collections}", "s3://${var.input_bucket}/${var.predictions}"]
}

output "output" {
  description = "Where a day's output goes"
  value       = "s3://${var.output_bucket}/${var.output}"
}

output "machine" {
  description = "Auto Scaling group of the one machine; docs/operate/deploy.md has the commands that find it"
  value       = aws_autoscaling_group.machine.name
}

output "logs" {
  description = "Log group"
  value       = aws_cloudwatch_log_group.runs.name
}

output "role_arn" {
  description = "Role of the machine, for the policy of a bucket in another account"
  value       = aws_iam_role.machine.arn
}
