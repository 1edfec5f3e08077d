import { prisma } from "../lib/prisma.js";

export async function remove(id: number) {
  return prisma.invoice.delete({ where: { id } });
}
