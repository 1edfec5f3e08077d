import { randomUUID } from "crypto";
import { cookies } from "next/headers";
import { NextRequest, NextResponse } from "next/server";
import { upsertUser } from "@/lib/db";
import { env } from "@/lib/env";
import { startSession } from "@/lib/session";

export async function GET(request: NextRequest) {
  const jar = await cookies();
  const state = jar.get("__Host-oauth-state")?.value;
  const verifier = jar.get("__Host-oauth-verifier")?.value;
  const code = request.nextUrl.searchParams.get("code");
  if (!code || !verifier || !state || request.nextUrl.searchParams.get("state") !== state) {
    return NextResponse.redirect(new URL("/signin?error=denied", request.url));
  }
  const answer = await fetch("https://api.twitter.com/2/oauth2/token", {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      client_id: env.X_OAUTH_CLIENT_ID,
      redirect_uri: "https://app.example.com/api/auth/x/callback",
      code_verifier: verifier,
    }),
  });
  const { access_token: accessToken } = await answer.json();
  const me = await fetch("https://api.twitter.com/2/users/me", { headers: { Authorization: `Bearer ${accessToken}` } });
  const { data } = await me.json();

  const id = randomUUID();
  upsertUser({ id, xId: data.id, xUsername: data.username, paid: 0 });
  await startSession(id);
  return NextResponse.redirect(new URL("/chat", request.url));
}
