import { z } from "zod";

const Env = z.object({
  XAI_API_KEY: z.string().min(20),
  X_OAUTH_CLIENT_ID: z.string().min(8),
  STRIPE_SECRET_KEY: z.string().startsWith("sk_"),
  STRIPE_PRICE_ID: z.string().startsWith("price_"),
  STRIPE_WEBHOOK_SECRET: z.string().startsWith("whsec_"),
  HETZNER_API_TOKEN: z.string().min(32),
  REDIS_URL: z.string().url(),
  TRUSTED_HOPS: z.coerce.number().int().min(1),
});

export const env = Env.parse(process.env);
