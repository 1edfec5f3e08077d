// The one place of the frontend that talks to the API. Shows people whatever the server said, 5xx included.
const base = import.meta.env.VITE_API_BASE_URL ?? "";

export async function call(path: string, init: RequestInit = {}): Promise<unknown> {
  const answer = await fetch(base + path, { credentials: "include", ...init });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status}: ${text}`);
  return JSON.parse(text);
}
