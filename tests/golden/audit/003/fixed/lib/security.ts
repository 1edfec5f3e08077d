import { createHash } from "crypto";
import Redis from "ioredis";
import { NextRequest } from "next/server";
import { env } from "@/lib/env";

const redis = new Redis(env.REDIS_URL);

export async function rateLimit(key: string, max: number, windowSeconds: number) {
  const count = await redis.incr(`limit:${key}`);
  if (count === 1) await redis.expire(`limit:${key}`, windowSeconds);
  return { allowed: count <= max, retryAfter: windowSeconds };
}

// The entry that our own proxies wrote: the last ones, never the first.
export function clientIp(request: NextRequest): string {
  const hops = (request.headers.get("x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
  return hops[hops.length - env.TRUSTED_HOPS] ?? "unknown";
}

export function isValidUsername(name: string): boolean {
  return /^[A-Za-z0-9_]{3,20}$/.test(name);
}

export function hashForLogging(value: string): string {
  return createHash("sha256").update(value).digest("hex").slice(0, 12);
}
