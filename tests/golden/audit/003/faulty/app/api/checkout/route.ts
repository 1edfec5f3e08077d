import { NextRequest, NextResponse } from "next/server";
import Stripe from "stripe";

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);

export async function POST(request: NextRequest) {
  const { userId } = await request.json();
  const checkout = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: process.env.STRIPE_PRICE_ID, quantity: 1 }],
    metadata: { userId },
    success_url: "https://app.example.com/welcome",
    cancel_url: "https://app.example.com/pricing",
  });
  return NextResponse.json({ url: checkout.url });
}
