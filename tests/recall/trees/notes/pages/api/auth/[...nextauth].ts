import NextAuth from "next-auth";
import Credentials from "next-auth/providers/credentials";
import { prisma } from "../../../lib/prisma";

export default NextAuth({
  secret: "notes-next-auth-secret",
  session: { strategy: "jwt", maxAge: 60 * 24 * 60 * 60 },
  providers: [
    Credentials({
      credentials: { email: {}, password: {} },
      async authorize(c) {
        const user = await prisma.user.findFirst({ where: { email: c!.email, password: c!.password } });
        return user as any;
      },
    }),
  ],
  callbacks: {
    async redirect({ url }) { return url; },
    async session({ session, token }) { (session as any).user.id = token.sub; return session; },
  },
});
