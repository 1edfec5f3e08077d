import { z } from "zod";
import { protectedProcedure, publicProcedure, router } from "../trpc";
import { db } from "@/lib/db";
import { notes } from "@/lib/schema";
import { and, eq } from "drizzle-orm";

export const notesRouter = router({
  mine: protectedProcedure.query(({ ctx }) => db.select().from(notes).where(eq(notes.ownerId, ctx.session.userId!))),
  byId: protectedProcedure.input(z.object({ id: z.string() })).query(({ input }) => db.select().from(notes).where(eq(notes.id, input.id))),
  remove: publicProcedure.input(z.object({ id: z.string() })).mutation(({ input }) => db.delete(notes).where(eq(notes.id, input.id))),
  rename: protectedProcedure
    .input(z.object({ id: z.string(), title: z.string() }))
    .mutation(({ ctx, input }) => db.update(notes).set({ title: input.title }).where(and(eq(notes.id, input.id), eq(notes.ownerId, ctx.session.userId!)))),
});
