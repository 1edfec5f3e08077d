import type { NextFunction, Request, Response } from "express";
export class AppError extends Error { constructor(public status: number, public code: string, message: string) { super(message); } }
export function errorHandler(error: Error, _req: Request, res: Response, _next: NextFunction) {
  if (error instanceof AppError) return res.status(error.status).json({ code: error.code, message: error.message });
  console.error(error);
  return res.status(500).json({ code: "INTERNAL", message: error.message, stack: error.stack });
}
