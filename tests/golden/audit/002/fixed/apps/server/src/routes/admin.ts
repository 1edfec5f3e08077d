import { Router } from "express";
import { supabase } from "../lib/supabase";
import { requireAdmin, requireUser } from "../middleware/auth";

export const adminRouter = Router();

adminRouter.get("/users", requireUser, requireAdmin, async (_req, res) => {
  const { data } = await supabase.from("profiles").select("user_id, display_name, created_at");
  res.json(data);
});
