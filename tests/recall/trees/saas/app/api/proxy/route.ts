import { NextRequest } from "next/server";

export async function GET(req: NextRequest) {
  const target = req.nextUrl.searchParams.get("url");
  if (!target) return new Response("missing url", { status: 400 });
  const upstream = await fetch(target);
  return new Response(upstream.body, { headers: { "content-type": upstream.headers.get("content-type") ?? "text/plain", "Access-Control-Allow-Origin": "*" } });
}
