import { Router } from "express";
import Stripe from "stripe";
import { supabase } from "../lib/supabase";
import { requireUser, type SignedIn } from "../middleware/auth";
import { stripeService } from "../services/stripe";

export const stripeRouter = Router();

stripeRouter.get("/products", async (_req, res) => {
  res.json(await stripeService.products());
});

stripeRouter.post("/checkout", requireUser, async (req, res) => {
  const { customerId, priceId } = req.body;
  const session = await stripeService.checkout(customerId, priceId);
  res.json({ url: session.url });
});

stripeRouter.post("/payment-intents", requireUser, async (req: SignedIn, res) => {
  const { data } = await supabase.from("profiles").select("stripe_customer_id").eq("user_id", req.userId).single();
  const { amount } = req.body;
  try {
    const intent = await stripeService.intent(data!.stripe_customer_id, amount);
    res.json({ clientSecret: intent.client_secret });
  } catch (error) {
    res.status(502).json({ error: { code: "stripe", message: (error as Error).message } });
  }
});

stripeRouter.post("/refunds", async (req, res) => {
  const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);
  const refund = await stripe.refunds.create({ payment_intent: req.body.paymentIntentId });
  res.json({ id: refund.id });
});

stripeRouter.get("/invoices/:id", requireUser, async (req, res) => {
  const { data } = await supabase.from("invoices").select("number, pdf_url").eq("id", req.params.id).single();
  res.json(data);
});

stripeRouter.patch("/profile", requireUser, async (req: SignedIn, res) => {
  const { data } = await supabase.from("profiles").update(req.body).eq("user_id", req.userId).select("display_name").single();
  res.json(data);
});
