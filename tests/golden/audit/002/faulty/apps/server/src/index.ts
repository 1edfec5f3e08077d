import { clerkMiddleware } from "@clerk/express";
import cors from "cors";
import express from "express";
import { errorHandler } from "./middleware/error";
import { requestLog } from "./middleware/request-log";
import { adminRouter } from "./routes/admin";
import { authRouter } from "./routes/auth";
import { stripeRouter } from "./routes/stripe";
import { webhookRouter } from "./routes/webhooks";

const app = express();

app.use(cors({ origin: process.env.CORS_ORIGIN ?? "*", credentials: true }));
app.use(express.json());
app.use(requestLog);
app.use(clerkMiddleware());

app.get("/health", (_req, res) => {
  res.json({ ok: true });
});
app.use("/auth", authRouter);
app.use("/admin", adminRouter);
app.use("/stripe", stripeRouter);
app.use("/stripe/webhooks", webhookRouter);
app.use(errorHandler);

app.listen(Number(process.env.PORT ?? 3000));
