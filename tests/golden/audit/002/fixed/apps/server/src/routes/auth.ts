import { Router } from "express";
import { rateLimit } from "express-rate-limit";
import { z } from "zod";
import { supabase } from "../lib/supabase";

export const authRouter = Router();

const Credentials = z.object({ email: z.string().email(), password: z.string().min(12) });

const signInLimit = rateLimit({ windowMs: 60_000, limit: 5 });

authRouter.post("/login", signInLimit, async (req, res) => {
  const { email, password } = Credentials.parse(req.body);
  const { data, error } = await supabase.auth.signInWithPassword({ email, password });
  if (error) {
    res.status(401).json({ error: { code: "unauthenticated", message: "Wrong address or password." } });
    return;
  }
  res.json({ accessToken: data.session.access_token });
});
