import { Router } from "express";
import { z } from "zod";
import { supabase } from "../lib/supabase";

export const authRouter = Router();

const Credentials = z.object({ email: z.string().email(), password: z.string().min(12) });

authRouter.post("/login", async (req, res) => {
  const { email, password } = Credentials.parse(req.body);
  const { data, error } = await supabase.auth.signInWithPassword({ email, password });
  if (error) {
    res.status(401).json({ error: { code: "unauthenticated", message: "Wrong address or password." } });
    return;
  }
  res.cookie("access_token", data.session.access_token, { maxAge: 3_600_000 });
  res.json({ ok: true });
});
