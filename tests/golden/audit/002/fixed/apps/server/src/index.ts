import cors from "cors";
import express from "express";
import { rateLimit } from "express-rate-limit";
import helmet from "helmet";
import { env } from "@commerce/env/server";
import { errorHandler } from "./middleware/error";
import { requestLog } from "./middleware/request-log";
import { adminRouter } from "./routes/admin";
import { authRouter } from "./routes/auth";
import { stripeRouter } from "./routes/stripe";
import { webhookRouter } from "./routes/webhooks";

const app = express();

app.use(helmet());
app.use(cors({ origin: env.CORS_ORIGINS, credentials: true }));
app.use(rateLimit({ windowMs: 60_000, limit: 300 }));
app.use(requestLog);
app.use("/stripe/webhooks", express.raw({ type: "application/json" }), webhookRouter);
app.use(express.json());

app.get("/health", (_req, res) => {
  res.json({ ok: true });
});
app.use("/auth", authRouter);
app.use("/admin", adminRouter);
app.use("/stripe", stripeRouter);
app.use(errorHandler);

app.listen(env.PORT);
