import { NextRequest, NextResponse } from "next/server";
import { getSession } from "@/lib/session";
import { findUser, setInstance } from "@/lib/db";
import { env } from "@/lib/env";
import { rateLimit } from "@/lib/security";

export async function POST(request: NextRequest) {
  const session = await getSession();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  const limit = await rateLimit(`provision:${session.id}`, 2, 3600);
  if (!limit.allowed) return NextResponse.json({ error: "Too many requests" }, { status: 429 });
  const user = findUser(session.id);
  if (!user?.paid) return NextResponse.json({ error: "Payment required" }, { status: 402 });
  const { region } = await request.json();
  const answer = await fetch("https://api.hetzner.cloud/v1/servers", {
    method: "POST",
    headers: { Authorization: `Bearer ${env.HETZNER_API_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify({ name: `chat-${user.xUsername}`, server_type: "cx22", image: "debian-12", location: region }),
  });
  const created = await answer.json();
  setInstance(user.id, created.server.public_net.ipv4.ip);
  return NextResponse.json({ ip: created.server.public_net.ipv4.ip });
}
