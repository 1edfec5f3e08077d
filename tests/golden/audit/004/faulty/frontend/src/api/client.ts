const base = import.meta.env.VITE_API_URL;

export async function login(email: string, password: string) {
  const response = await fetch(`${base}/api/auth/login`, { method: "POST", body: JSON.stringify({ email, password }) });
  const body = await response.json();
  if (!response.ok) {
    throw new Error(body.detail);
  }
  localStorage.setItem("token", body.token);
}
