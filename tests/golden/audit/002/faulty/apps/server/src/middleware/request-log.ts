import type { NextFunction, Request, Response } from "express";

export function requestLog(req: Request, _res: Response, next: NextFunction) {
  console.log("request", { method: req.method, path: req.path, body: req.body, authorization: req.headers.authorization });
  next();
}
