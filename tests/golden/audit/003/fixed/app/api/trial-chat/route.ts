import { NextRequest, NextResponse } from "next/server";
import { z } from "zod";
import { env } from "@/lib/env";
import { clientIp, rateLimit } from "@/lib/security";

const Body = z.object({ message: z.string().min(1).max(2000) });

export async function POST(request: NextRequest) {
  const limit = await rateLimit(`trial:${clientIp(request)}`, 20, 60);
  if (!limit.allowed) {
    return NextResponse.json(
      { error: "Too many requests" },
      { status: 429, headers: { "Retry-After": String(limit.retryAfter) } },
    );
  }
  const body = Body.safeParse(await request.json());
  if (!body.success) return NextResponse.json({ error: "Message is missing or too long" }, { status: 400 });
  try {
    const answer = await fetch("https://api.x.ai/v1/chat/completions", {
      method: "POST",
      headers: { Authorization: `Bearer ${env.XAI_API_KEY}`, "Content-Type": "application/json" },
      body: JSON.stringify({ model: "grok-2-latest", messages: [{ role: "user", content: body.data.message }] }),
    });
    const completion = await answer.json();
    return NextResponse.json({ reply: completion.choices[0].message.content });
  } catch (error) {
    console.error("trial chat failed", error);
    return NextResponse.json({ error: "The chat is not available right now." }, { status: 502 });
  }
}
