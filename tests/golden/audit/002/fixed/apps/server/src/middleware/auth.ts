import { verifyToken } from "@clerk/express";
import type { NextFunction, Request, Response } from "express";
import { env } from "@commerce/env/server";
import { isAdmin } from "../services/profiles";

export interface SignedIn extends Request {
  userId?: string;
}

export async function requireUser(req: SignedIn, res: Response, next: NextFunction) {
  const header = req.headers.authorization ?? "";
  if (!header.startsWith("Bearer ")) {
    res.status(401).json({ error: { code: "unauthenticated", message: "Sign in first." } });
    return;
  }
  try {
    const claims = await verifyToken(header.slice(7), {
      secretKey: env.CLERK_SECRET_KEY,
      authorizedParties: env.CLERK_AUTHORIZED_PARTIES,
    });
    req.userId = claims.sub;
    next();
  } catch {
    res.status(401).json({ error: { code: "unauthenticated", message: "Sign in first." } });
  }
}

export async function requireAdmin(req: SignedIn, res: Response, next: NextFunction) {
  if (!req.userId || !(await isAdmin(req.userId))) {
    res.status(403).json({ error: { code: "forbidden", message: "For administrators." } });
    return;
  }
  next();
}
