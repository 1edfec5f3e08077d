window.ENV = {
  VITE_API_URL: "http://api.booth.example",
  VITE_STRIPE_PUBLISHABLE_KEY: "pk_live_@@51Nx8Qw7aBcDeFgHiJkLmNoPq",
  VITE_MINIO_ACCESS_KEY: "${VITE_MINIO_ACCESS_KEY}",
  VITE_MINIO_SECRET_KEY: "${VITE_MINIO_SECRET_KEY}",
  SENTRY_DSN: "https://0123456789abcdef0123456789abcdef@o12.ingest.sentry.io/34",
};
