import { createHash, randomBytes } from "crypto";
import { cookies } from "next/headers";
import { NextResponse } from "next/server";
import { env } from "@/lib/env";

export async function GET() {
  const state = randomBytes(24).toString("base64url");
  const verifier = randomBytes(48).toString("base64url");
  const jar = await cookies();
  for (const [name, value] of [["__Host-oauth-state", state], ["__Host-oauth-verifier", verifier]]) {
    jar.set(name, value, { httpOnly: true, secure: true, sameSite: "lax", path: "/", maxAge: 600 });
  }
  const params = new URLSearchParams({
    response_type: "code",
    client_id: env.X_OAUTH_CLIENT_ID,
    redirect_uri: "https://app.example.com/api/auth/x/callback",
    scope: "users.read tweet.read",
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  return NextResponse.redirect(`https://twitter.com/i/oauth2/authorize?${params}`);
}
