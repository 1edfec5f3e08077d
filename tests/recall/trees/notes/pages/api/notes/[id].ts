import type { NextApiRequest, NextApiResponse } from "next";
import { getServerSession } from "next-auth";
import { prisma } from "../../../lib/prisma";
import { options } from "../../../lib/auth";

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  const session = await getServerSession(req, res, options);
  if (!session) return res.status(401).json({ error: "unauthorized" });
  const id = req.query.id as string;
  if (req.method === "GET") return res.json(await prisma.note.findUnique({ where: { id } }));
  if (req.method === "PUT") return res.json(await prisma.note.update({ where: { id }, data: req.body }));
  if (req.method === "DELETE") { await prisma.note.delete({ where: { id } }); return res.status(204).end(); }
}
