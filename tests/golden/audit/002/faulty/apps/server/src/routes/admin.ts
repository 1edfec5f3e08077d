import { Router } from "express";
import { supabase } from "../lib/supabase";

export const adminRouter = Router();

adminRouter.get("/users", async (_req, res) => {
  const { data } = await supabase.from("profiles").select("*");
  res.json(data);
});
