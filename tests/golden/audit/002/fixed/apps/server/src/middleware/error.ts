import type { NextFunction, Request, Response } from "express";

export function errorHandler(err: Error, req: Request, res: Response, _next: NextFunction) {
  const requestId = req.headers["x-request-id"];
  console.error("request failed", { requestId, path: req.path, error: err });
  res.status(500).json({ error: { code: "internal", message: "Something went wrong.", requestId } });
}
