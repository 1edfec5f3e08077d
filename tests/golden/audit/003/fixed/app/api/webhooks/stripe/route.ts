import { NextRequest, NextResponse } from "next/server";
import Stripe from "stripe";
import { markPaidOnce } from "@/lib/db";
import { env } from "@/lib/env";
import { stripe } from "@/lib/stripe";

export async function POST(request: NextRequest) {
  const signature = request.headers.get("stripe-signature");
  if (!signature) return NextResponse.json({ error: "Not a Stripe event" }, { status: 400 });
  let event: Stripe.Event;
  try {
    event = stripe.webhooks.constructEvent(await request.text(), signature, env.STRIPE_WEBHOOK_SECRET);
  } catch (error) {
    console.error("webhook signature", error);
    return NextResponse.json({ error: "Invalid signature" }, { status: 400 });
  }
  if (event.type === "checkout.session.completed") {
    const userId = event.data.object.metadata?.userId;
    if (!userId) return NextResponse.json({ error: "Missing userId" }, { status: 400 });
    markPaidOnce(event.id, userId);
  }
  return NextResponse.json({ received: true });
}
