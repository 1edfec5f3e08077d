import { Router } from "express";
import { supabase } from "../lib/supabase";
import { stripeService } from "../services/stripe";

export const webhookRouter = Router();

webhookRouter.post("/", async (req, res) => {
  const signature = req.headers["stripe-signature"];
  if (typeof signature !== "string") {
    res.status(400).json({ error: { code: "signature_missing", message: "Not a Stripe event." } });
    return;
  }
  let event;
  try {
    event = stripeService.event(req.body, signature);
  } catch {
    res.status(400).json({ error: { code: "signature_invalid", message: "Not a Stripe event." } });
    return;
  }
  const { error } = await supabase.from("stripe_events").insert({ id: event.id });
  if (error && error.code !== "23505") throw error;
  if (!error && event.type === "checkout.session.completed") {
    await supabase.from("orders").update({ status: "paid" }).eq("checkout_id", event.data.object.id).throwOnError();
  }
  res.json({ received: true });
});
