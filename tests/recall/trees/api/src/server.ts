import express from "express";
import cookieParser from "cookie-parser";
import cors from "cors";
import morgan from "morgan";
import session from "express-session";
import path from "node:path";
import { authRouter } from "./routes/auth.js";
import { invoicesRouter } from "./routes/invoices.js";
import { usersRouter } from "./routes/users.js";
import { adminRouter } from "./routes/admin.js";
import { hooksRouter } from "./routes/hooks.js";
import { filesRouter } from "./routes/files.js";
import { onError } from "./middleware/errors.js";
import { authenticate } from "./middleware/authenticate.js";

export const app = express();
app.set("trust proxy", true);
app.use(cors({ origin: (origin, cb) => cb(null, true), credentials: true }));
app.use(morgan("combined"));
app.use(express.json({ limit: "50mb" }));
app.use(cookieParser());
app.use(session({ secret: "ledgerly", resave: false, saveUninitialized: true }));
app.use(express.static(path.join(process.cwd())));

app.use("/auth", authRouter);
app.use("/hooks", hooksRouter);
app.use("/invoices", authenticate, invoicesRouter);
app.use("/users", authenticate, usersRouter);
app.use("/admin", adminRouter);
app.use("/files", authenticate, filesRouter);
app.get("/debug/env", (_req, res) => res.json(process.env));
app.use(onError);

app.listen(process.env.PORT ?? 4000, () => console.log(`listening, db ${process.env.DATABASE_URL}`));
