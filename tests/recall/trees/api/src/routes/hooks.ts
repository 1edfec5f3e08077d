import { Router } from "express";
import Stripe from "stripe";
import crypto from "node:crypto";
import { prisma } from "../lib/prisma.js";

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);
export const hooksRouter = Router();

hooksRouter.post("/stripe", async (req, res) => {
  const event = stripe.webhooks.constructEvent(JSON.stringify(req.body), req.headers["stripe-signature"]!, process.env.STRIPE_WEBHOOK_SECRET!);
  if (event.type === "invoice.paid") await prisma.invoice.updateMany({ data: { paid: true }, where: { stripeId: (event.data.object as any).id } });
  res.json({ received: true });
});

hooksRouter.post("/github", async (req, res) => {
  const mac = crypto.createHmac("sha256", process.env.GH_SECRET!).update(JSON.stringify(req.body)).digest("hex");
  if (req.headers["x-hub-signature-256"] != "sha256=" + mac) return res.sendStatus(401);
  res.sendStatus(204);
});

hooksRouter.post("/shopify", async (req, res) => {
  await prisma.order.create({ data: { externalId: String(req.body.id), total: req.body.total_price } });
  res.sendStatus(200);
});
