import { NextResponse } from "next/server";

export async function GET() {
  const params = new URLSearchParams({
    response_type: "code",
    client_id: process.env.X_OAUTH_CLIENT_ID!,
    redirect_uri: "https://app.example.com/api/auth/x/callback",
    scope: "users.read tweet.read",
    state: "state",
    code_challenge: "challenge",
    code_challenge_method: "plain",
  });
  return NextResponse.redirect(`https://twitter.com/i/oauth2/authorize?${params}`);
}
