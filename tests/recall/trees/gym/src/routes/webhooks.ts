import { Router } from "express";
import Stripe from "stripe";
const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);
export const webhooks = Router();
webhooks.post("/stripe", (req, res) => {
  const signature = req.headers["stripe-signature"];
  if (!process.env.STRIPE_WEBHOOK_SECRET || !signature) {
    console.warn("webhook without verification");
    handle(req.body);
    return res.json({ received: true });
  }
  const event = stripe.webhooks.constructEvent(req.body, signature, process.env.STRIPE_WEBHOOK_SECRET);
  handle(event);
  res.json({ received: true });
});
webhooks.post("/clerk", (req, res) => { handle(req.body); res.json({ ok: true }); });
function handle(event: any) { console.log("event", event.type); }
