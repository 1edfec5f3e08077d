import { NextResponse } from "next/server";
import { env } from "@/lib/env";
import { rateLimit } from "@/lib/security";
import { getSession } from "@/lib/session";
import { stripe } from "@/lib/stripe";

export async function POST() {
  const session = await getSession();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  const limit = await rateLimit(`checkout:${session.id}`, 10, 60);
  if (!limit.allowed) return NextResponse.json({ error: "Too many requests" }, { status: 429 });
  if (session.paid) return NextResponse.json({ error: "You subscribe already" }, { status: 409 });
  const checkout = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: env.STRIPE_PRICE_ID, quantity: 1 }],
    metadata: { userId: session.id },
    success_url: "https://app.example.com/welcome",
    cancel_url: "https://app.example.com/pricing",
  });
  return NextResponse.json({ url: checkout.url });
}
