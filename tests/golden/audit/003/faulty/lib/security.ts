import { createHash } from "crypto";
import { NextRequest, NextResponse } from "next/server";

type Bucket = { count: number; resetTime: number };

const rateLimitStore = new Map<string, Bucket>();

setInterval(() => {
  const now = Date.now();
  for (const [key, bucket] of rateLimitStore) if (bucket.resetTime < now) rateLimitStore.delete(key);
}, 60_000);

export function rateLimit(key: string, max: number, windowMs: number) {
  const now = Date.now();
  const bucket = rateLimitStore.get(key);
  if (!bucket || bucket.resetTime < now) {
    rateLimitStore.set(key, { count: 1, resetTime: now + windowMs });
    return { allowed: true, retryAfter: 0 };
  }
  bucket.count += 1;
  return { allowed: bucket.count <= max, retryAfter: Math.ceil((bucket.resetTime - now) / 1000) };
}

export function clientIp(request: NextRequest): string {
  const forwarded = request.headers.get("x-forwarded-for");
  if (forwarded) return forwarded.split(",")[0].trim();
  return request.headers.get("x-real-ip") ?? "unknown";
}

export function sanitizeInput(text: string, maxLength = 2000): string {
  return text
    .replace(/<script[^>]*>.*?<\/script>/gis, "")
    .replace(/<iframe[^>]*>.*?<\/iframe>/gis, "")
    .slice(0, maxLength)
    .trim();
}

export function isValidUsername(name: string): boolean {
  return /^[A-Za-z0-9_]{3,20}$/.test(name);
}

export function withSecurityHeaders(response: NextResponse): NextResponse {
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("X-Frame-Options", "DENY");
  response.headers.set("X-XSS-Protection", "1; mode=block");
  response.headers.set("Referrer-Policy", "strict-origin-when-cross-origin");
  response.headers.set("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
  return response;
}

export function hashForLogging(value: string): string {
  return createHash("sha256").update(value).digest("hex").slice(0, 12);
}
