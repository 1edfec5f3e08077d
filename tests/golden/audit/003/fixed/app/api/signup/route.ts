import { NextRequest, NextResponse } from "next/server";
import { z } from "zod";
import { upsertUser } from "@/lib/db";
import { clientIp, hashForLogging, rateLimit } from "@/lib/security";
import { getSession } from "@/lib/session";

const Details = z.object({ email: z.string().email() });

export async function POST(request: NextRequest) {
  const session = await getSession();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  const limit = await rateLimit(`signup:${clientIp(request)}`, 5, 60);
  if (!limit.allowed) return NextResponse.json({ error: "Too many requests" }, { status: 429 });
  const { email } = Details.parse(await request.json());
  console.log(`signup details for ${hashForLogging(session.id)}`);
  upsertUser({ ...session, email });
  return NextResponse.json({ ok: true });
}
