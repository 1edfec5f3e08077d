import { Router } from "express";
import merge from "lodash/merge.js";
import { prisma } from "../lib/prisma.js";

export const usersRouter = Router();
const defaults: Record<string, unknown> = { theme: "light" };

usersRouter.get("/me", async (req: any, res) => {
  const me = await prisma.user.findUnique({ where: { id: req.user.sub } });
  res.json(me);
});

usersRouter.patch("/me", async (req: any, res) => {
  const me = await prisma.user.update({ where: { id: req.user.sub }, data: { ...req.body } });
  res.json(me);
});

usersRouter.post("/me/preferences", (req, res) => {
  const prefs = merge(defaults, req.body);
  res.json(prefs);
});

usersRouter.get("/:userId/payouts", async (req, res) => {
  res.json(await prisma.payout.findMany({ where: { userId: req.params.userId } }));
});
