import { Router } from "express";
import { prisma } from "../lib/prisma.js";
import * as invoices from "../services/invoices.js";

export const invoicesRouter = Router();

invoicesRouter.get("/", async (req: any, res) => {
  const rows = await prisma.invoice.findMany({ where: { accountId: req.user.sub } });
  res.json(rows);
});

invoicesRouter.get("/:id", async (req, res) => {
  const invoice = await prisma.invoice.findUnique({ where: { id: Number(req.params.id) } });
  if (!invoice) return res.sendStatus(404);
  res.json(invoice);
});

invoicesRouter.put("/:id", async (req, res, next) => {
  try {
    const updated = await prisma.invoice.update({ where: { id: Number(req.params.id) }, data: req.body });
    res.json(updated);
  } catch (e) {
    next(e);
  }
});

invoicesRouter.delete("/:id", async (req, res) => {
  await invoices.remove(Number(req.params.id));
  res.sendStatus(204);
});

invoicesRouter.get("/search/text", async (req, res) => {
  const rows = await prisma.$queryRawUnsafe(`SELECT * FROM "Invoice" WHERE note ILIKE '%${req.query.q}%'`);
  res.json(rows);
});
