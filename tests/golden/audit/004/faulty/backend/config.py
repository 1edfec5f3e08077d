import os

DATABASE_URL = os.environ["DATABASE_URL"]
SECRET_KEY = os.getenv("BETTER_AUTH_SECRET", "pictures-dev-secret")
STRIPE_SECRET_KEY = os.getenv("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = os.getenv("STRIPE_WEBHOOK_SECRET")
S3_BUCKET = os.getenv("S3_BUCKET", "pictures")
ALLOWED_ORIGINS = os.getenv("ALLOWED_ORIGINS", "*").split(",")
