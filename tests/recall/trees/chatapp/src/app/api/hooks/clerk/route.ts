import { Webhook } from "svix";
import { headers } from "next/headers";
import { db } from "@/lib/db";
import { users } from "@/lib/schema";

export async function POST(req: Request) {
  const payload = await req.text();
  const h = await headers();
  const wh = new Webhook(process.env.CLERK_WEBHOOK_SECRET!);
  let evt: any;
  try {
    evt = wh.verify(payload, { "svix-id": h.get("svix-id")!, "svix-timestamp": h.get("svix-timestamp")!, "svix-signature": h.get("svix-signature")! });
  } catch {
    return new Response("bad", { status: 400 });
  }
  if (evt.type === "user.created") await db.insert(users).values({ clerkId: evt.data.id }).onConflictDoNothing();
  return new Response("ok");
}
