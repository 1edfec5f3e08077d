import { fal } from "@fal-ai/client";

fal.config({ credentials: import.meta.env.VITE_FAL_KEY });

export async function generate(prompt: string) {
  return fal.subscribe("fal-ai/flux/dev", { input: { prompt } });
}
