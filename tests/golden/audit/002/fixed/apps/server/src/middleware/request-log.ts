import type { NextFunction, Request, Response } from "express";

export function requestLog(req: Request, _res: Response, next: NextFunction) {
  console.log("request", { method: req.method, path: req.path, id: req.headers["x-request-id"] });
  next();
}
