import Stripe from "stripe";
import { auth } from "@clerk/nextjs/server";

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY || "sk_test_dummy");

export async function POST(req: Request) {
  const { userId } = await auth();
  if (!userId) return new Response("no", { status: 401 });
  const { customerId, returnUrl } = await req.json();
  try {
    const portal = await stripe.billingPortal.sessions.create({ customer: customerId, return_url: returnUrl });
    return Response.json({ url: portal.url });
  } catch (error) {
    return Response.json({ error: (error as Error).message }, { status: 500 });
  }
}
