import type { NextApiRequest, NextApiResponse } from "next";
import { getServerSession } from "next-auth";
import { prisma } from "../../../lib/prisma";
import { options } from "../../../lib/auth";

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  const session = await getServerSession(req, res, options);
  if (!session) return res.status(401).end();
  const userId = (session as any).user.id;
  if (req.method === "POST") {
    const note = await prisma.note.create({ data: { title: req.body.title, ownerId: userId } });
    return res.json(note);
  }
  res.json(await prisma.note.findMany({ where: { ownerId: userId } }));
}
