import { initTRPC, TRPCError } from "@trpc/server";
import { auth } from "@clerk/nextjs/server";

export const createContext = async () => ({ session: await auth() });
const t = initTRPC.context<typeof createContext>().create();
export const router = t.router;
export const publicProcedure = t.procedure;
export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.session.userId) throw new TRPCError({ code: "UNAUTHORIZED" });
  return next({ ctx });
});
