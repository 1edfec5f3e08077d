import { NextRequest, NextResponse } from "next/server";
import OpenAI from "openai";
import { env } from "@/lib/env";

const openai = new OpenAI({ apiKey: env.openai });

export async function POST(req: NextRequest) {
  const { messages } = await req.json();
  console.log("chat request", { messages, key: process.env.OPENAI_API_KEY });
  try {
    const reply = await openai.chat.completions.create({ model: "gpt-4o", messages });
    return NextResponse.json(reply);
  } catch (e: any) {
    return NextResponse.json({ error: e.message, stack: e.stack }, { status: 500 });
  }
}
