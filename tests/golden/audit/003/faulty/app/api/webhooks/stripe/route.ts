import { NextRequest, NextResponse } from "next/server";
import Stripe from "stripe";
import { markPaid } from "@/lib/db";

const webhookSecret = process.env.STRIPE_WEBHOOK_SECRET;

export async function POST(request: NextRequest) {
  const payload = await request.text();
  const signature = request.headers.get("stripe-signature");
  let event: Stripe.Event;

  if (webhookSecret && signature) {
    try {
      const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!);
      event = stripe.webhooks.constructEvent(payload, signature, webhookSecret);
    } catch (error) {
      console.error("webhook signature", error);
      return NextResponse.json({ error: "Invalid signature" }, { status: 400 });
    }
  } else {
    // Mock mode: no secret is configured.
    event = JSON.parse(payload);
  }

  if (event.type === "checkout.session.completed") {
    const checkout = event.data.object as Stripe.Checkout.Session;
    const userId = checkout.metadata?.userId;
    if (!userId) return NextResponse.json({ error: "Missing userId" }, { status: 400 });
    await markPaid(userId);
  }
  return NextResponse.json({ received: true });
}
