const hits = new Map<string, { n: number; resetAt: number }>();

export function tooMany(key: string, max = 20, windowMs = 60_000) {
  const now = Date.now();
  const entry = hits.get(key);
  if (!entry || entry.resetAt < now) {
    hits.set(key, { n: 1, resetAt: now + windowMs });
    return false;
  }
  entry.n += 1;
  return entry.n > max;
}
