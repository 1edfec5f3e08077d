import { streamText } from "ai";
import { openai } from "@ai-sdk/openai";

export const maxDuration = 60;

export async function POST(req: Request) {
  const { messages, model } = await req.json();
  const result = streamText({ model: openai(model), messages });
  return result.toDataStreamResponse();
}
