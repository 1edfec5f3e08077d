import { NextRequest, NextResponse } from "next/server";
import Stripe from "stripe";
import { env } from "@/lib/env";
import { supabaseServer } from "@/lib/supabase/server";

const stripe = new Stripe(env.stripeSecret);

export async function POST(req: NextRequest) {
  const { userId, plan, amount } = await req.json();
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    line_items: [{ quantity: 1, price_data: { currency: "usd", unit_amount: amount, product_data: { name: plan } } }],
    metadata: { userId, plan },
    success_url: `${req.headers.get("origin")}/dashboard`,
  });
  return NextResponse.json({ url: session.url });
}
