import axios from "axios";

declare global {
  interface Window { ENV: Record<string, string> }
}

export const api = axios.create({ baseURL: window.ENV?.VITE_API_URL ?? "http://api.booth.example", withCredentials: true });

api.interceptors.request.use((config) => {
  const token = localStorage.getItem("booth_token");
  if (token) config.headers.Authorization = `Bearer ${token}`;
  return config;
});

export async function login(email: string, password: string) {
  const { data } = await api.post("/auth/login", { email, password });
  localStorage.setItem("booth_token", data.access_token);
  document.cookie = `booth_session=${data.access_token}; path=/`;
  return data;
}

export async function explain(res: Response) {
  if (!res.ok) throw new Error(await res.text());
}
