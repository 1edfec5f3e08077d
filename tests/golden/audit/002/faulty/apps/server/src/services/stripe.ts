import Stripe from "stripe";

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);

export const stripeService = {
  products: () => stripe.products.list({ active: true }),
  subscriptions: (customer: string) => stripe.subscriptions.list({ customer }),
  checkout: (customer: string, price: string) =>
    stripe.checkout.sessions.create({ mode: "subscription", customer, line_items: [{ price, quantity: 1 }] }),
  intent: (customer: string, amount: number) => stripe.paymentIntents.create({ customer, amount, currency: "eur" }),
  portal: (customer: string) => stripe.billingPortal.sessions.create({ customer }),
};
