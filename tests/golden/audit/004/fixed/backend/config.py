import os

DATABASE_URL = os.environ["DATABASE_URL"]
SECRET_KEY = os.environ["BETTER_AUTH_SECRET"]
STRIPE_SECRET_KEY = os.environ["STRIPE_SECRET_KEY"]
STRIPE_WEBHOOK_SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
FAL_KEY = os.environ["FAL_KEY"]
S3_BUCKET = os.getenv("S3_BUCKET", "pictures")
ALLOWED_ORIGINS = os.environ["ALLOWED_ORIGINS"].split(",")
ENVIRONMENT = os.getenv("ENVIRONMENT", "production")
