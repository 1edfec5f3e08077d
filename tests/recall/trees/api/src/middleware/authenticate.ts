import type { RequestHandler } from "express";
import { verify } from "../lib/jwt.js";

export const authenticate: RequestHandler = (req, res, next) => {
  const token = req.cookies.token ?? req.headers.authorization?.replace("Bearer ", "");
  if (!token) return res.status(401).json({ error: "unauthenticated" });
  try {
    (req as any).user = verify(token);
    next();
  } catch (err) {
    res.status(401).json({ error: "unauthenticated" });
  }
};
