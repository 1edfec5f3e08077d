const base = import.meta.env.VITE_API_URL;

export async function generate(prompt: string) {
  const response = await fetch(`${base}/api/generate`, {
    method: "POST",
    credentials: "include",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ prompt }),
  });
  if (!response.ok) throw new Error("The picture could not be made.");
  return response.json();
}
