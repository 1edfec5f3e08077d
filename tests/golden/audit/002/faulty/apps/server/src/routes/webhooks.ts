import { Router } from "express";
import { supabase } from "../lib/supabase";

export const webhookRouter = Router();

webhookRouter.post("/", async (req, res) => {
  const event = req.body;
  if (event.type === "checkout.session.completed") {
    await supabase.from("orders").update({ status: "paid" }).eq("checkout_id", event.data.object.id);
  }
  res.json({ received: true });
});
