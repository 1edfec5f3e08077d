import { Router } from "express";
import Stripe from "stripe";
import { getAuth } from "@clerk/express";

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);
export const stripeRouter = Router();

stripeRouter.post("/setup-intent", async (req, res) => {
  const { customerId } = req.body;
  const intent = await stripe.setupIntents.create({ customer: customerId });
  res.json({ clientSecret: intent.client_secret });
});

stripeRouter.post("/pay", async (req, res) => {
  const { userId } = getAuth(req);
  if (!userId) return res.status(401).end();
  const intent = await stripe.paymentIntents.create({ amount: req.body.amount, currency: "brl", metadata: { userId } });
  console.log("STRIPE", process.env.STRIPE_SECRET_KEY, intent.id);
  res.json({ clientSecret: intent.client_secret });
});
