const baseUrl = import.meta.env.VITE_API_BASE_URL;

export async function request<T>(path: string, token: string): Promise<T> {
  const response = await fetch(`${baseUrl}${path}`, { headers: { Authorization: `Bearer ${token}` } });
  if (response.status >= 500 && import.meta.env.VITE_EXPOSE_BACKEND_ERRORS !== "true") {
    throw new Error("The server had a problem. Please try again.");
  }
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail);
  return body;
}
