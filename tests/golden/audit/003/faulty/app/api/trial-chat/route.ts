import { NextRequest, NextResponse } from "next/server";
import { clientIp, rateLimit, sanitizeInput, withSecurityHeaders } from "@/lib/security";

export async function POST(request: NextRequest) {
  const limit = rateLimit(`trial:${clientIp(request)}`, 20, 60_000);
  if (!limit.allowed) {
    const refused = NextResponse.json({ error: "Too many requests" }, { status: 429 });
    refused.headers.set("Retry-After", String(limit.retryAfter));
    return withSecurityHeaders(refused);
  }
  const { message } = await request.json();
  if (typeof message !== "string" || message.length > 2000) {
    return withSecurityHeaders(NextResponse.json({ error: "Message is too long" }, { status: 400 }));
  }
  const text = sanitizeInput(message);
  try {
    const answer = await fetch("https://api.x.ai/v1/chat/completions", {
      method: "POST",
      headers: { Authorization: `Bearer ${process.env.XAI_API_KEY}`, "Content-Type": "application/json" },
      body: JSON.stringify({ model: "grok-2-latest", messages: [{ role: "user", content: text }] }),
    });
    const body = await answer.json();
    return withSecurityHeaders(NextResponse.json({ reply: body.choices[0].message.content }));
  } catch (error) {
    console.error("trial chat failed", error);
    return withSecurityHeaders(NextResponse.json({ error: String(error) }, { status: 500 }));
  }
}
