import { NextRequest, NextResponse } from "next/server";
import { getSession } from "@/lib/session";
import { findUser, upsertUser } from "@/lib/db";

export async function POST(request: NextRequest) {
  const session = await getSession();
  if (!session) return NextResponse.json({ error: "Sign in first" }, { status: 401 });
  const user = await findUser(session.id);
  if (!user?.paid) return NextResponse.json({ error: "Payment required" }, { status: 402 });
  const { region } = await request.json();
  const answer = await fetch("https://api.hetzner.cloud/v1/servers", {
    method: "POST",
    headers: { Authorization: `Bearer ${process.env.HETZNER_API_TOKEN}`, "Content-Type": "application/json" },
    body: JSON.stringify({ name: `chat-${user.xUsername}`, server_type: "cx22", image: "debian-12", location: region }),
  });
  const created = await answer.json();
  console.log("provisioned with token", process.env.HETZNER_API_TOKEN);
  await upsertUser({ ...user, instanceIp: created.server.public_net.ipv4.ip });
  return NextResponse.json({ ip: created.server.public_net.ipv4.ip });
}
