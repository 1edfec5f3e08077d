import { verifyToken } from "@clerk/express";
import type { NextFunction, Request, Response } from "express";

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
    const claims = await verifyToken(header.slice(7), { secretKey: process.env.CLERK_SECRET_KEY! });
    req.userId = claims.sub;
    next();
  } catch {
    res.status(401).json({ error: { code: "unauthenticated", message: "Sign in first." } });
  }
}
