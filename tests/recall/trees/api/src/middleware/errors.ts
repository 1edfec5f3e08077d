import type { ErrorRequestHandler } from "express";

export const onError: ErrorRequestHandler = (err, _req, res, _next) => {
  console.error(err);
  res.status(err.status ?? 500).json({ message: err.message, stack: err.stack });
};
