import { Router } from "express";
import { z } from "zod";
import { supabase } from "../lib/supabase";
import { requireAdmin, requireUser, type SignedIn } from "../middleware/auth";
import { customerOf } from "../services/profiles";
import { stripeService } from "../services/stripe";

export const stripeRouter = Router();

const Price = z.object({ priceId: z.string().startsWith("price_") });
const Profile = z.object({ displayName: z.string().min(1).max(80) });

stripeRouter.get("/products", requireUser, async (_req, res) => {
  res.json(await stripeService.products());
});

stripeRouter.post("/checkout", requireUser, async (req: SignedIn, res) => {
  const { priceId } = Price.parse(req.body);
  const customer = await customerOf(req.userId!);
  const running = await stripeService.subscriptions(customer);
  if (running.data.length > 0) return res.status(409).json({ error: { code: "subscribed" } });
  const session = await stripeService.checkout(customer, priceId);
  res.json({ url: session.url });
});

stripeRouter.post("/payment-intents", requireUser, async (req: SignedIn, res, next) => {
  const { priceId } = Price.parse(req.body);
  try {
    const intent = await stripeService.intent(await customerOf(req.userId!), await stripeService.price(priceId));
    res.json({ clientSecret: intent.client_secret });
  } catch (error) {
    next(error);
  }
});

stripeRouter.post("/refunds", requireUser, requireAdmin, async (req, res) => {
  const refund = await stripeService.refund(req.body.paymentIntentId);
  res.json({ id: refund.id });
});

stripeRouter.get("/invoices/:id", requireUser, async (req: SignedIn, res) => {
  const { data } = await supabase
    .from("invoices")
    .select("number, pdf_url")
    .eq("id", req.params.id)
    .eq("user_id", req.userId)
    .single();
  res.json(data);
});

stripeRouter.patch("/profile", requireUser, async (req: SignedIn, res) => {
  const { displayName } = Profile.parse(req.body);
  await supabase.from("profiles").update({ display_name: displayName }).eq("user_id", req.userId);
  res.json({ ok: true });
});
