import type { NextFunction, Request, Response } from "express";

export function errorHandler(err: Error, _req: Request, res: Response, _next: NextFunction) {
  console.error("request failed", err);
  res.status(500).json({ error: { code: "internal", message: err.message, stack: err.stack } });
}
