import { Router } from "express";
import { requireAuth } from "@clerk/express";
import { supabase } from "../services/supabase";

export const gymsRouter = Router();
gymsRouter.get("/", async (_req, res) => res.json((await supabase.from("gyms").select("id,name")).data));
gymsRouter.use(requireAuth());
gymsRouter.post("/", async (req, res) => {
  const { data, error } = await supabase.from("gyms").insert(req.body).select().single();
  if (error) return res.status(500).json({ error });
  res.json(data);
});
