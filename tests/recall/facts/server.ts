import { exec, execFile } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import cors from "cors";
import express from "express";
import jwt from "jsonwebtoken";

const app = express();
app.use(cors({ origin: true, credentials: true })); // must: EX-002
app.use(cors({ origin: ["https://app.example.com"], credentials: true })); // must not
app.set("trust proxy", true); // must: EX-007

app.get("/search", async (req, res) => {
  await pool.query(`SELECT * FROM items WHERE name = '${req.query.q}'`); // must: EX-020
  await pool.query("SELECT * FROM items WHERE name = $1", [req.query.q]); // must not
  await prisma.$queryRaw`SELECT * FROM items WHERE name = ${req.query.q}`; // must not
  exec("convert " + req.query.file); // must: EX-014
  execFile("convert", [String(req.query.file)]); // must not
  eval(req.query.code); // must: EX-014
  res.end();
});

app.get("/file", (req, res) => {
  res.sendFile(path.join("/srv/files", req.query.name)); // must: FA-018
});

app.get("/own", (req, res) => {
  res.sendFile(path.join("/srv/files", path.basename(String(req.query.name)))); // must not
});

app.get("/go", (req, res) => {
  res.redirect(req.query.to); // must: EX-012
});

app.get("/home", (req, res) => {
  res.redirect("/home"); // must not
});

app.get("/proxy", async (req, res) => {
  const answer = await fetch(req.query.url); // must: EX-013
  res.send(await answer.text());
});

app.get("/prices", async (req, res) => {
  const answer = await fetch(`https://api.example.com/prices/${encodeURIComponent(req.query.id)}`); // must not
  res.send(await answer.text());
});

export const weak = (id) => jwt.sign({ id }, "keyboard-cat-1234", { expiresIn: "1h" }); // must: EX-005
export const look = (token) => jwt.decode(token); // must: JWT-001
export const strong = (id) => jwt.sign({ id }, process.env.JWT_SECRET, { expiresIn: "15m" }); // must not
export const resetToken = () => Math.random().toString(36).slice(2); // must: FA-010
export const inviteToken = () => crypto.randomBytes(24).toString("hex"); // must not
export const hashPassword = (password) => crypto.createHash("sha1").update(password).digest("hex"); // must: DJ-030
export const etag = (body) => crypto.createHash("sha1").update(body).digest("hex"); // must not
export const cached = () => fs.readFileSync("/srv/files/index.html"); // must not
