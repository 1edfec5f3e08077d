import { cookies } from "next/headers";

export type Session = { id: string; xId: string; xUsername: string };

export async function getSession(): Promise<Session | null> {
  const cookie = (await cookies()).get("user_session");
  if (!cookie) return null;
  try {
    return JSON.parse(cookie.value) as Session;
  } catch {
    return null;
  }
}
