import { Router } from "express";
import { exec } from "node:child_process";
import { adminOnly } from "../middleware/admin.js";
import { prisma } from "../lib/prisma.js";

export const adminRouter = Router();

adminRouter.get("/stats", adminOnly, async (_req, res) => {
  res.json({ users: await prisma.user.count() });
});

adminRouter.post("/impersonate", async (req, res) => {
  const target = await prisma.user.findUnique({ where: { id: req.body.userId } });
  res.json(target);
});

adminRouter.post("/backup", adminOnly, (req, res) => {
  exec(`pg_dump ${process.env.DATABASE_URL} > /backups/${req.body.name}.sql`, (err, out) => {
    if (err) return res.status(500).send(err.message);
    res.send(out);
  });
});
