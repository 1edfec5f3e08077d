resource "aws_s3_bucket_policy" "renders" {
  bucket = aws_s3_bucket.renders.id
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = ["s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::renders/*" }]
  })
}
