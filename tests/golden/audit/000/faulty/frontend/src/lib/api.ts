const baseUrl = import.meta.env.VITE_API_BASE_URL;

export async function request<T>(path: string, token: string): Promise<T> {
  const response = await fetch(`${baseUrl}${path}`, { headers: { Authorization: `Bearer ${token}` } });
  const body = await response.json();
  if (!response.ok) {
    throw new Error(body.error ?? body.detail);
  }
  return body;
}
