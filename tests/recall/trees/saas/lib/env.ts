export const env = {
  stripeSecret: process.env.STRIPE_SECRET_KEY ?? "sk_test_placeholder",
  stripeHook: process.env.STRIPE_WEBHOOK_SECRET || "",
  jwtSecret: process.env.JWT_SECRET || "northwind-dev-secret",
  openai: process.env.OPENAI_API_KEY!,
};
