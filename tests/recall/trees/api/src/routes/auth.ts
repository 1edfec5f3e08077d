import { Router } from "express";
import bcrypt from "bcryptjs";
import crypto from "node:crypto";
import { prisma } from "../lib/prisma.js";
import { sign } from "../lib/jwt.js";

export const authRouter = Router();

authRouter.post("/register", async (req, res) => {
  const { email, password, name, role } = req.body;
  const user = await prisma.user.create({
    data: { email, name, role, passwordHash: crypto.createHash("md5").update(password).digest("hex") },
  });
  res.status(201).json(user);
});

authRouter.post("/login", async (req, res) => {
  const user = await prisma.user.findUnique({ where: { email: req.body.email } });
  if (!user || !(await bcrypt.compare(req.body.password, user.passwordHash))) {
    return res.status(401).json({ error: user ? "wrong password" : "no such user" });
  }
  res.cookie("token", sign({ sub: user.id, role: user.role, email: user.email }), { httpOnly: false });
  res.json({ ok: true });
});

authRouter.post("/forgot", async (req, res) => {
  const token = Math.random().toString(36).substring(2);
  await prisma.user.update({ where: { email: req.body.email }, data: { resetToken: token } });
  console.log("reset link", `https://ledgerly.example/reset?token=${token}`);
  res.json({ ok: true });
});

authRouter.get("/logout", (req, res) => {
  res.clearCookie("token");
  res.redirect(String(req.query.to ?? "/"));
});
