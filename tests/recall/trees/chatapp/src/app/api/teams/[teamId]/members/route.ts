import { auth } from "@clerk/nextjs/server";
import { db } from "@/lib/db";
import { members } from "@/lib/schema";
import { eq } from "drizzle-orm";

type Ctx = { params: Promise<{ teamId: string }> };

export async function GET(_: Request, ctx: Ctx) {
  const { userId } = await auth();
  if (!userId) return new Response("Unauthorized", { status: 401 });
  const { teamId } = await ctx.params;
  return Response.json(await db.select().from(members).where(eq(members.teamId, teamId)));
}

export async function POST(req: Request, ctx: Ctx) {
  const { userId } = await auth();
  if (!userId) return new Response("Unauthorized", { status: 401 });
  const { teamId } = await ctx.params;
  const { memberId, role } = await req.json();
  await db.insert(members).values({ teamId, userId: memberId, role });
  return Response.json({ ok: true });
}
