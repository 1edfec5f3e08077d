import { NextRequest, NextResponse } from "next/server";
import { upsertUser } from "@/lib/db";
import { getSession } from "@/lib/session";

export async function POST(request: NextRequest) {
  const session = await getSession();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  const { email } = await request.json();
  console.log(`signup details for ${session.xUsername}: ${email}`);
  await upsertUser({ ...session, email, paid: false });
  return NextResponse.json({ ok: true });
}
