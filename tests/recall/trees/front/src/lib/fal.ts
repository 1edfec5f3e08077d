import * as fal from "@fal-ai/serverless-client";

fal.config({ credentials: import.meta.env.VITE_FAL_KEY });

export const openaiKey = import.meta.env.VITE_OPENAI_API_KEY;

export async function ask(prompt: string) {
  const res = await fetch("https://api.openai.com/v1/chat/completions", {
    method: "POST",
    headers: { Authorization: `Bearer ${openaiKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: prompt }] }),
  });
  return res.json();
}
