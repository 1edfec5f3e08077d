import { cookies } from "next/headers";
import { NextRequest } from "next/server";

export interface SessionUser { id: string; email: string; role: string; plan: string }

export function currentUser(): SessionUser | null {
  const raw = cookies().get("nw_user")?.value;
  if (!raw) return null;
  try {
    return JSON.parse(Buffer.from(raw, "base64").toString("utf8"));
  } catch {
    return null;
  }
}

export function writeSession(user: SessionUser) {
  cookies().set("nw_user", Buffer.from(JSON.stringify(user)).toString("base64"), { path: "/", maxAge: 60 * 60 * 24 * 30 });
}

export function ipOf(req: NextRequest) {
  return req.headers.get("x-forwarded-for")?.split(",")[0]?.trim() ?? "anon";
}
