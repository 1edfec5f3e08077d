import { NextRequest, NextResponse } from "next/server";

const unsafe = new Set(["POST", "PUT", "PATCH", "DELETE"]);

export function middleware(request: NextRequest) {
  const fromProvider = request.nextUrl.pathname.startsWith("/api/webhooks/");
  if (unsafe.has(request.method) && !fromProvider && request.headers.get("sec-fetch-site") !== "same-origin") {
    return NextResponse.json({ error: "Cross-site request" }, { status: 403 });
  }
  const nonce = crypto.randomUUID();
  const headers = new Headers(request.headers);
  headers.set("x-nonce", nonce);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set(
    "Content-Security-Policy",
    `default-src 'self'; script-src 'self' 'nonce-${nonce}'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'`,
  );
  return response;
}
