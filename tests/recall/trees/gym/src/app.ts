import { clerkMiddleware } from "@clerk/express";
import cors from "cors";
import express from "express";
import { gymsRouter } from "./routes/gyms";
import { stripeRouter } from "./routes/stripe";
import { studentsRouter } from "./routes/students";
import { webhooks } from "./routes/webhooks";
import { errorHandler } from "./middleware/errorHandler";

export const app = express();
app.use(cors({ origin: process.env.CORS_ORIGIN || "*", credentials: true }));
app.use(express.json());
app.use(clerkMiddleware());
app.use("/students", studentsRouter);
app.use("/gyms", gymsRouter);
app.use("/stripe", stripeRouter);
app.use("/webhooks", webhooks);
app.use(errorHandler);
