import { createHash, randomBytes } from "crypto";
import { cookies } from "next/headers";
import { createSession, sessionUser, type User } from "@/lib/db";

const week = 7 * 24 * 60 * 60;
const digest = (token: string) => createHash("sha256").update(token).digest("hex");

export async function startSession(userId: string): Promise<void> {
  const token = randomBytes(32).toString("base64url");
  createSession(userId, digest(token), Date.now() + week * 1000);
  (await cookies()).set("__Host-session", token, {
    httpOnly: true,
    secure: true,
    sameSite: "lax",
    path: "/",
    maxAge: week,
  });
}

export async function getSession(): Promise<User | null> {
  const cookie = (await cookies()).get("__Host-session");
  return cookie ? (sessionUser(digest(cookie.value)) ?? null) : null;
}
