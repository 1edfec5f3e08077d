const baseUrl = import.meta.env.VITE_API_BASE_URL ?? "";

export async function api<T>(path: string, token: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`${baseUrl}${path}`, {
    ...init,
    headers: { ...init.headers, Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
  });
  if (response.status >= 500) {
    throw new Error("The server had a problem. Please try again.");
  }
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new Error(body.detail ?? "The request was refused.");
  }
  return response.json();
}
