import { randomUUID } from "crypto";
import { cookies } from "next/headers";
import { NextRequest, NextResponse } from "next/server";
import { upsertUser } from "@/lib/db";

export async function GET(request: NextRequest) {
  const code = request.nextUrl.searchParams.get("code");
  if (!code) return NextResponse.redirect(new URL("/signin?error=denied", request.url));

  const answer = await fetch("https://api.twitter.com/2/oauth2/token", {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      client_id: process.env.X_OAUTH_CLIENT_ID!,
      redirect_uri: "https://app.example.com/api/auth/x/callback",
      code_verifier: "challenge",
    }),
  });
  const { access_token: accessToken } = await answer.json();
  const me = await fetch("https://api.twitter.com/2/users/me", { headers: { Authorization: `Bearer ${accessToken}` } });
  const { data } = await me.json();

  const sessionData = { id: randomUUID(), xId: data.id, xUsername: data.username };
  await upsertUser({ ...sessionData, paid: false });
  (await cookies()).set("user_session", JSON.stringify(sessionData), {
    httpOnly: true,
    secure: true,
    maxAge: 7 * 24 * 60 * 60,
  });
  return NextResponse.redirect(new URL("/chat", request.url));
}
