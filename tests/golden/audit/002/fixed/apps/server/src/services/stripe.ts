import Stripe from "stripe";
import { env } from "@commerce/env/server";

const stripe = new Stripe(env.STRIPE_SECRET_KEY);

export const stripeService = {
  products: () => stripe.products.list({ active: true }),
  subscriptions: (customer: string) => stripe.subscriptions.list({ customer }),
  checkout: (customer: string, price: string) =>
    stripe.checkout.sessions.create({ mode: "subscription", customer, line_items: [{ price, quantity: 1 }] }),
  price: async (id: string) => (await stripe.prices.retrieve(id)).unit_amount ?? 0,
  intent: (customer: string, cents: number) => stripe.paymentIntents.create({ customer, amount: cents, currency: "eur" }),
  refund: (intent: string) => stripe.refunds.create({ payment_intent: intent }),
  event: (body: Buffer, signature: string) => stripe.webhooks.constructEvent(body, signature, env.STRIPE_WEBHOOK_SECRET),
};
