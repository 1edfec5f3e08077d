import { NextRequest, NextResponse } from "next/server";
import Stripe from "stripe";
import { env } from "@/lib/env";
import { admin } from "@/lib/supabase/admin";

const stripe = new Stripe(env.stripeSecret);

export async function POST(req: NextRequest) {
  const body = await req.text();
  const sig = req.headers.get("stripe-signature");
  let event: Stripe.Event;
  if (sig && env.stripeHook) {
    try {
      event = stripe.webhooks.constructEvent(body, sig, env.stripeHook);
    } catch (err) {
      return NextResponse.json({ error: "invalid signature" }, { status: 400 });
    }
  } else {
    event = JSON.parse(body) as Stripe.Event;
  }
  if (event.type === "checkout.session.completed") {
    const session = event.data.object as Stripe.Checkout.Session;
    await admin.from("profiles").update({ plan: session.metadata!.plan }).eq("id", session.metadata!.userId);
  }
  return NextResponse.json({ received: true });
}
