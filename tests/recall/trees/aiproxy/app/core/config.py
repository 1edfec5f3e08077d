from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    debug: bool = True
    database_url: str = "postgresql+asyncpg://proxy:proxy@localhost/proxy"
    jwt_secret: str = "change-this-in-production"
    fal_key: str = ""
    stripe_secret_key: str
    stripe_webhook_secret: str | None = None
    stripe_publishable_key: str = ""
    bucket: str = "renders"

    class Config:
        env_file = ".env"


settings = Settings()
