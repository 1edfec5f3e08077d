import { auth } from "@clerk/nextjs/server";
import { db } from "@/lib/db";
import { users } from "@/lib/schema";
import { eq } from "drizzle-orm";

export async function GET() {
  const { userId } = await auth();
  if (!userId) return new Response("Unauthorized", { status: 401 });
  const [me] = await db.select().from(users).where(eq(users.clerkId, userId));
  return Response.json(me);
}

export async function PUT(request: Request) {
  const { userId } = await auth();
  if (!userId) return new Response("Unauthorized", { status: 401 });
  const body = await request.json();
  await db.update(users).set(body).where(eq(users.clerkId, userId));
  return Response.json({ ok: true });
}
