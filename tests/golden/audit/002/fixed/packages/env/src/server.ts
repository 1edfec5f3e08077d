import { z } from "zod";

const Env = z.object({
  PORT: z.coerce.number().default(3000),
  CORS_ORIGINS: z.string().transform((list) => list.split(",")),
  CLERK_SECRET_KEY: z.string().min(20),
  CLERK_AUTHORIZED_PARTIES: z.string().min(8).transform((list) => list.split(",")),
  STRIPE_SECRET_KEY: z.string().startsWith("sk_"),
  STRIPE_WEBHOOK_SECRET: z.string().startsWith("whsec_"),
  SUPABASE_URL: z.string().url(),
  SUPABASE_SERVICE_ROLE_KEY: z.string().min(20),
});

// Throws, and so stops the server, when anything is missing.
export const env = Env.parse(process.env);
