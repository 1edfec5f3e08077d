const base = import.meta.env.VITE_API_URL;

export async function login(email: string, password: string) {
  const response = await fetch(`${base}/api/auth/login`, {
    method: "POST",
    credentials: "include",
    body: JSON.stringify({ email, password }),
  });
  if (response.status >= 500) throw new Error("The server had a problem.");
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail);
}
