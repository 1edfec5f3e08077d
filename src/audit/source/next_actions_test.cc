// Server actions and sign-in options: what a client may call and what it may say.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::string kSchema =
    "model User {\n  id String @id\n  email String\n  password String\n  role String\n  notes Note[]\n}\n"
    "model Note {\n  id String @id\n  text String\n  userId String\n"
    "  user User @relation(fields: [userId], references: [id])\n}\n";

std::vector<std::string> action(const std::string& code) {
  return audited({{"prisma/schema.prisma", kSchema},
                  {"package.json", R"({"dependencies":{"next":"15.5.9"}})"},
                  {"app/notes/actions.ts",
                   "// what people do with notes\n\"use server\";\n"
                   "import { auth } from \"@/auth\";\nimport { db } from \"@/lib/db\";\n" +
                       code}});
}

TEST(ServerActions, ARecordIsAskedForByItsOwner) {
  const std::string head =
      "export async function drop(id: string) {\n  const session = await auth();\n"
      "  if (!session?.user) throw new Error(\"no\");\n";
  EXPECT_TRUE(said(action(head + "  await db.note.delete({ where: { id } });\n}\n"), "AZ-001:8"));
  EXPECT_FALSE(
      said(action(head + "  await db.note.delete({ where: { id, userId: session.user.id } });\n}\n"), "AZ-001"));
  EXPECT_FALSE(said(action(head + "  const note = await db.note.findUnique({ where: { id } });\n"
                                  "  if (note?.userId !== session.user.id) return;\n"
                                  "  await db.note.delete({ where: { id } });\n}\n"),
                    "AZ-001"));
}

TEST(ServerActions, WhatAFormSaysIsWhatAClientSays) {
  const std::string head =
      "export async function rename(form: FormData) {\n  const session = await auth();\n"
      "  if (!session?.user) return;\n";
  EXPECT_TRUE(
      said(action(head + "  const id = form.get(\"id\") as string;\n"
                         "  await db.note.update({ where: { id }, data: { text: String(form.get(\"t\")) } });\n}\n"),
           "AZ-001:9"));
}

TEST(ServerActions, AWholeObjectIsNotWrittenAsItComes) {
  const std::string head =
      "export async function save(values: any) {\n  const session = await auth();\n"
      "  if (!session?.user) return;\n";
  EXPECT_TRUE(said(action(head + "  await db.user.update({ where: { id: session.user.id }, data: values });\n}\n"),
                   "AZ-007:8"));
  EXPECT_FALSE(said(action(head + "  const data = shape.parse(values);\n"
                                  "  await db.user.update({ where: { id: session.user.id }, data });\n}\n"),
                    "AZ-007"));
}

TEST(ServerActions, WhoeverListsPeopleAsksWhoIsThere) {
  EXPECT_TRUE(said(action("export async function getUsers() {\n  return db.user.findMany();\n}\n"), "NX-003:5"));
  EXPECT_FALSE(
      said(action("import { getUser } from \"@/lib/session\";\nexport async function mine() {\n"
                  "  const user = await getUser();\n  return db.note.findMany({ where: { userId: user.id } });\n}\n"),
           "NX-003"));
  EXPECT_FALSE(said(action("export const mine = withUser(async (input, user) => {\n"
                           "  return db.note.findMany({ where: { userId: user.id } });\n});\n"),
                    "NX-003"));
}

std::vector<std::string> options(const std::string& inner) {
  return audited({{"lib/auth.ts",
                   "import NextAuth from \"next-auth\";\nimport GitHub from \"next-auth/providers/github\";\n"
                   "import Credentials from \"next-auth/providers/credentials\";\n"
                   "export const { auth } = NextAuth({\n" +
                       inner + "\n});\n"}});
}

TEST(SignInOptions, PasswordsAreNotTriedForEver) {
  const std::string ask = "providers: [Credentials({ async authorize(c) { return check(c.email, c.password); } })]";
  EXPECT_TRUE(said(options(ask), "EX-004:5"));
  EXPECT_FALSE(said(options("providers: [Credentials({ async authorize(c) { await ratelimit.limit(c.email); return "
                            "check(c.email, c.password); } })]"),
                    "EX-004"));
}

TEST(SignInOptions, SecretsWaysOutAndTokensAreNotTheClients) {
  EXPECT_TRUE(said(options("providers: [], secret: \"hunter2hunter2\""), "EX-005:5"));
  EXPECT_FALSE(said(options("providers: [], secret: process.env.AUTH_SECRET"), "EX-005"));
  EXPECT_TRUE(said(options("providers: [], callbacks: { redirect({ url }) { return url; } }"), "EX-012:5"));
  EXPECT_FALSE(said(options("providers: [], callbacks: { redirect({ url, baseUrl }) { return url.startsWith(baseUrl) ? "
                            "url : baseUrl; } }"),
                    "EX-012"));
  EXPECT_TRUE(said(options("providers: [], callbacks: { jwt({ token, trigger, session }) {\n"
                           "if (trigger === \"update\") { token.role = session.role; } return token; } }"),
                   "AZ-003:6"));
  EXPECT_FALSE(said(options("providers: [], callbacks: { jwt({ token, trigger, session }) {\n"
                            "if (trigger === \"update\") { token.name = session.name; } return token; } }"),
                    "AZ-003"));
}

TEST(ServiceKeys, AHandlerThatWorksPastThePoliciesAsksWhoIsThere) {
  const auto with = [](const std::string& ask) {
    return audited({{"app/api/credits/route.ts",
                     "import { createClient } from \"@supabase/supabase-js\";\n"
                     "const db = createClient(process.env.URL!, process.env.SUPABASE_SERVICE_ROLE_KEY!);\n"
                     "export async function POST(req: Request) {\n" +
                         ask +
                         "  const { amount } = await req.json();\n  await db.from(\"wallets\").insert({ amount });\n"
                         "  return Response.json({});\n}\n"}});
  };
  EXPECT_TRUE(said(with(""), "NX-002:3"));
  EXPECT_FALSE(
      said(with("  const { userId } = await auth();\n  if (!userId) return new Response(null, { status: 401 });\n"),
           "NX-002"));
}

TEST(Handlers, ARecordNobodyDeclaresIsStillSomebodys) {
  const auto with = [](const std::string& where) {
    return audited({{"app/api/todos/[id]/route.ts",
                     "import { auth } from '@/auth';\nimport { prisma } from '@/lib/prisma';\n"
                     "export async function DELETE(req: Request, { params }: { params: { id: string } }) {\n"
                     "  const session = await auth();\n  if (!session) return new Response(null, { status: 401 });\n"
                     "  await prisma.todo.deleteMany({ where: " +
                         where + " });\n  return new Response(null);\n}\n"}});
  };
  EXPECT_TRUE(said(with("{ id: params.id }"), "AZ-001:6"));
  EXPECT_FALSE(said(with("{ id: params.id, userId: session.user.id }"), "AZ-001"));
}

TEST(Handlers, AFilterThatFallsAwayWithoutASessionIsNone) {
  const auto with = [](const std::string& ask) {
    return audited({{"app/api/me/route.ts",
                     "import { auth } from '@/auth';\nimport { prisma } from '@/lib/prisma';\n"
                     "export async function PATCH(req: Request) {\n  const session = await auth();\n" +
                         ask +
                         "  const { name } = await req.json();\n"
                         "  await prisma.user.updateMany({ where: { email: session?.user?.email }, data: { name } });\n"
                         "  return Response.json({});\n}\n"}});
  };
  EXPECT_TRUE(said(with(""), "NX-002:6"));
  EXPECT_FALSE(said(with("  if (!session) return new Response(null, { status: 401 });\n"), "NX-002"));
}

TEST(Handlers, WhereNobodyIsAskedNobodyChangesAnything) {
  const auto with = [](const std::string& what) {
    return audited({{"app/api/posts/[id]/route.ts",
                     "import { prisma } from '@/lib/prisma';\n"
                     "export async function PUT(req: Request, { params }: { params: { id: string } }) {\n  " +
                         what + "\n  return Response.json({});\n}\n"}});
  };
  EXPECT_TRUE(said(with("await prisma.post.update({ where: { id: params.id }, data: { title: 'x' } });"), "NX-002:2"));
  EXPECT_FALSE(said(with("await prisma.post.findUnique({ where: { id: params.id } });"), "NX-002"));
}

TEST(ServerActions, SignInAtAProviderIsOneSmallRemark) {
  const auto found = action(
      "export async function signIn(form: FormData) {\n"
      "  await client.auth.signInWithPassword({ email: form.get('email') });\n}\n"
      "export async function signUp(form: FormData) {\n"
      "  await client.auth.signUp({ email: form.get('email') });\n}\n");
  EXPECT_EQ(std::count_if(found.begin(), found.end(), [](const auto& f) { return f.starts_with("EX-004"); }), 1);
}

TEST(Procedures, AskForTheCallerAndNotForAnyCaller) {
  const auto with = [](const std::string& procedure) {
    return audited({{"prisma/schema.prisma", kSchema},
                    {"server/routers/note.ts",
                     "import { z } from 'zod';\nexport const notes = router({\n  x: " + procedure + ",\n});\n"}});
  };
  EXPECT_TRUE(said(with("protectedProcedure.input(id).mutation(({ ctx, input }) => ctx.db.note.delete({ where: { id: "
                        "input.id } }))"),
                   "AZ-001:3"));
  EXPECT_FALSE(said(with("protectedProcedure.input(id).mutation(({ ctx, input }) => ctx.db.note.delete({ where: { id: "
                         "input.id, userId: ctx.session.user.id } }))"),
                    "AZ-001"));
  EXPECT_TRUE(said(with("publicProcedure.query(({ ctx }) => ctx.db.user.findMany())"), "NX-003:3"));
  EXPECT_FALSE(said(with("protectedProcedure.query(({ ctx }) => ctx.db.user.findMany())"), "NX-003"));
  EXPECT_TRUE(said(with("protectedProcedure.input(r).mutation(({ ctx, input }) => ctx.db.user.update({ where: { id: "
                        "ctx.session.user.id }, data: { role: input.role } }))"),
                   "AZ-007:3"));
  EXPECT_FALSE(
      said(with("adminProcedure.input(r).mutation(({ ctx, input }) => ctx.db.user.update({ where: { id: input.id "
                "}, data: { role: input.role } }))"),
           "AZ-007"));
}

TEST(Pages, HandNoHashesToTheBrowser) {
  const auto with = [](const std::string& query, const std::string& directive) {
    return audited(
        {{"prisma/schema.prisma", kSchema},
         {"components/card.tsx", directive + "export function Card({ user }: any) { return <b>{user.name}</b>; }\n"},
         {"app/me/page.tsx",
          "import { db } from '@/lib/db';\nimport { auth } from '@/auth';\n"
          "import { Card } from '@/components/card';\nexport default async function Page() {\n"
          "  const session = await auth();\n  const user = await db.user.findUnique({ " +
              query + " });\n  return <Card user={user} />;\n}\n"}});
  };
  EXPECT_TRUE(said(with("where: { id: session.user.id }", "'use client';\n"), "FA-005:7"));
  EXPECT_FALSE(said(with("where: { id: session.user.id }", ""), "FA-005"));
  EXPECT_FALSE(said(with("where: { id: session.user.id }, select: { name: true }", "'use client';\n"), "FA-005"));
}

TEST(Choices, TheModelIsChosenByWhoPaysForIt) {
  const auto with = [](const std::string& ask) {
    return audited({{"app/api/chat/route.ts",
                     "import { streamText } from 'ai';\nexport async function POST(req: Request) {\n"
                     "  const { messages, model } = await req.json();\n" +
                         ask + "  return streamText({ model: pick(model), messages });\n}\n"}});
  };
  EXPECT_TRUE(said(with(""), "PAY-001:3"));
  EXPECT_FALSE(said(with("  if (!allowed.has(model)) return new Response(null, { status: 400 });\n"), "PAY-001"));
}

TEST(Choices, AVisitorWritesNoMarkupIntoMails) {
  const auto with = [](const std::string& hole) {
    return audited({{"app/api/contact/route.ts",
                     "import { mailer, escape } from '@/lib/mail';\n"
                     "export async function POST(req: Request) {\n"
                     "  const { message } = await req.json();\n"
                     "  await mailer.send({ to: 'a@b.dev', html: `<p>${" +
                         hole + "}</p>` });\n  return Response.json({});\n}\n"}});
  };
  EXPECT_TRUE(said(with("message"), "RE-001:4"));
  EXPECT_FALSE(said(with("escape(message)"), "RE-001"));
}

TEST(ServiceKeys, AreAsMightyInAnotherFile) {
  const auto with = [](const std::string& key) {
    return audited({{"lib/wallets.ts",
                     "import { createClient } from '@supabase/supabase-js';\n"
                     "const db = createClient(process.env.URL!, process.env." +
                         key +
                         "!);\nexport async function walletOf(email: string) {\n"
                         "  return db.from('wallets').select('*').eq('email', email).single();\n}\n"},
                    {"app/api/wallet/route.ts",
                     "import { walletOf } from '@/lib/wallets';\n"
                     "export async function POST(req: Request) {\n"
                     "  const { email } = await req.json();\n"
                     "  return Response.json(await walletOf(email));\n}\n"}});
  };
  EXPECT_TRUE(said(with("SUPABASE_SERVICE_ROLE_KEY"), "NX-002:2"));
  EXPECT_FALSE(said(with("SUPABASE_ANON_KEY"), "NX-002"));
}

}  // namespace
}  // namespace gatehouse::audit::source
