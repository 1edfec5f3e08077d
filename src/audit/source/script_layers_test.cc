// Values followed through layers, and what the project's own schemas say of them. Long, as each case is a little
// project.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "audit/source/pack.h"
#include "audit/source/schema.h"

namespace gatehouse::audit::source {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> audit(Texts texts) {
  const auto files = memory_files(std::move(texts));
  Pack pack;
  add_source(pack);
  std::vector<std::string> out;
  for (const auto& f : audit_source(*files, std::move(pack), {}).findings)
    out.push_back(f.id + ":" + std::to_string(f.locations.empty() ? 0 : f.locations.front().line));
  return out;
}

bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::any_of(all.begin(), all.end(), [&](const std::string& f) {
    return one.find(':') == std::string_view::npos ? f.starts_with(std::string(one) + ":") : f == one;
  });
}

TEST(Schemas, TellWhoIsAPersonAndWhichColumnsSayWhoseARecordIs) {
  Schema prisma;
  read_prisma(
      "model Keeper {\n  id String @id\n  email String\n  passwordHash String\n}\n"
      "model Hive {\n  id String @id\n  beekeeperId String\n  keeper Keeper @relation(fields: [beekeeperId], "
      "references: "
      "[id])\n}\n"
      "model Frame {\n  hiveId String\n  hive Hive @relation(fields: [hiveId], references: [id])\n}\n"
      "model Weather {\n  day DateTime\n}\n",
      prisma);
  settle_schema(prisma);
  EXPECT_TRUE(prisma.of("keepers")->person);
  EXPECT_TRUE(prisma.of("hive")->owners.contains("beekeeperId"));
  EXPECT_TRUE(prisma.of("Frame")->owned);
  EXPECT_FALSE(prisma.of("weather")->owned);

  Schema others;
  read_tables("create table public.hives (id uuid primary key, keeper uuid references auth.users(id), name text);",
              others);
  read_declared(
      "const frameSchema = new Schema({ hive: String, by: { type: ObjectId, ref: 'User' } });\n"
      "module.exports = mongoose.model('Frame', frameSchema);\n",
      others);
  read_declared(
      "export const jars = pgTable('jars', {\n  id: serial('id'),\n  sellerRef: integer('seller').references(() "
      "=> users.id),\n});\n",
      others);
  settle_schema(others);
  EXPECT_TRUE(others.of("hives")->owners.contains("keeper"));
  EXPECT_TRUE(others.of("Frame")->owners.contains("by"));
  EXPECT_TRUE(others.of("jars")->owners.contains("sellerRef"));
  EXPECT_EQ(record_key("OrdersRepository"), "order");
  EXPECT_EQ(record_key("userModel"), "user");
}

const std::string kApp =
    "const express = require('express');\nconst app = express();\nconst { requireAuth } = require('./auth');\n"
    "app.use(require('helmet')());\napp.disable('x-powered-by');\n"
    "app.use('/hives', requireAuth, require('./routes/hives'));\n";
const std::string kModel =
    "const s = new Schema({ name: String, keeper: { type: ObjectId, ref: 'User' } });\nmodule.exports = "
    "mongoose.model('Hive', s);\n";

Texts hives(const std::string& handler) {
  return {{"src/app.js", kApp},
          {"src/models/hive.js", kModel},
          {"src/routes/hives.js",
           "const router = require('express').Router();\nconst { one } = require('../controllers/hives');\n"
           "router.get('/:id', one);\nmodule.exports = router;\n"},
          {"src/controllers/hives.js",
           "const wrap = require('../wrap');\nconst service = require('../services/hives');\n"
           "exports.one = wrap(async (req, res) => {\n  const { id } = req.params;\n" +
               handler + "});\n"},
          {"src/services/hives.js",
           "const Hive = require('../models/hive');\nexports.load = (id) => Hive.findById(id);\n"
           "exports.loadOf = (id, keeper) => Hive.findOne({ _id: id, keeper });\n"
           "exports.loadIfOwn = async (id, who) => {\n  const hive = await Hive.findById(id);\n"
           "  if (hive.keeper.toString() !== who) throw new Error('no');\n  return hive;\n};\n"}};
}

TEST(ScriptLayers, AServiceThatTakesOnlyTheIdIsFollowedFromAWrappedController) {
  EXPECT_TRUE(has(audit(hives("  res.json(await service.load(id));\n")), "AZ-001:5"));
  EXPECT_FALSE(has(audit(hives("  res.json(await service.loadOf(id, req.user.id));\n")), "AZ-001"));
  EXPECT_FALSE(has(audit(hives("  res.json(await service.loadIfOwn(id, req.user.id));\n")), "AZ-001"));
  // That the caller is written to the log decides nothing.
  EXPECT_TRUE(has(audit(hives("  console.log(req.user.id);\n  res.json(await service.load(id));\n")), "AZ-001:6"));
}

TEST(ScriptLayers, AMethodOfAClassIsFoundByTheTypeOfTheMemberThatHoldsIt) {
  const auto with = [](const std::string& call) {
    return audit(
        {{"src/hives.controller.ts",
          "import { Controller, Delete, Param, Req, UseGuards } from '@nestjs/common';\nimport { HiveService } from "
          "'./hives.service';\n@UseGuards(SessionGuard)\n@Controller('hives')\nexport class Hives {\n  "
          "constructor(private readonly hives: HiveService) {}\n  @Delete(':id')\n  drop(@Param('id') id: string, "
          "@Req() "
          "req: any) {\n    this.log.note(req.user);\n    return this.hives." +
              call + ";\n  }\n}\n"},
         {"src/hives.service.ts",
          "export class HiveService {\n  constructor(private readonly prisma: PrismaService) {}\n  drop(id: string) "
          "{\n    "
          "return this.prisma.hive.delete({ where: { id } });\n  }\n  dropOf(id: string, keeper: string) {\n    return "
          "this.prisma.hive.deleteMany({ where: { id, beekeeperId: keeper } });\n  }\n}\n"},
         {"prisma/schema.prisma",
          "model Hive {\n  id String @id\n  beekeeperId String\n  keeper User @relation(fields: [beekeeperId], "
          "references: [id])\n}\nmodel User {\n  id String @id\n}\n"}});
  };
  EXPECT_TRUE(has(with("drop(id)"), "AZ-001:10"));
  EXPECT_FALSE(has(with("dropOf(id, req.user.id)"), "AZ-001"));
}

TEST(Routes, WhereNobodyEverAsksPeopleAndTheirRecordsStandOpenAndNothingElse) {
  const std::string schema =
      "model User {\n  id String @id\n  email String\n}\nmodel Todo {\n  id String @id\n  ownerId String\n  owner User "
      "@relation(fields: [ownerId], references: [id])\n}\nmodel Forecast {\n  id String @id\n}\n";
  const auto with = [&](const std::string& query) {
    return audit(
        {{"prisma/schema.prisma", schema},
         {"app/api/things/route.ts",
          "import { NextResponse } from 'next/server';\nexport async function GET(req: Request) {\n" + query + "}\n"}});
  };
  EXPECT_TRUE(has(with("  return NextResponse.json(await prisma.user.findMany());\n"), "NX-002:2"));
  EXPECT_TRUE(has(with("  return NextResponse.json(await prisma.todo.findMany());\n"), "NX-002:2"));
  EXPECT_FALSE(has(with("  return NextResponse.json(await prisma.forecast.findMany());\n"), "NX-002"));
  // A header that anybody can write is told as that, once.
  const auto claimed = with(
      "  const id = req.headers.get('x-user-id');\n  return NextResponse.json(await prisma.todo.findMany({ where: { "
      "ownerId: id } }));\n");
  EXPECT_FALSE(has(claimed, "NX-002"));
  EXPECT_TRUE(has(claimed, "AZ-002:3"));
}

TEST(Writes, TheWholeBodyCountsByTheColumnsItReaches) {
  const auto with = [](const std::string& columns, const std::string& call) {
    return audit({{"models/thing.js", "module.exports = mongoose.model('Thing', new Schema({ " + columns + " }));\n"},
                  {"controllers/things.js",
                   "const Thing = require('../models/thing');\nexports.add = async (req, res) => {\n  await Thing." +
                       call + ";\n  res.json({});\n};\n"}});
  };
  EXPECT_FALSE(has(with("name: String, color: String", "create(req.body)"), "AZ-007"));
  EXPECT_TRUE(has(with("name: String, role: String", "create(req.body)"), "AZ-007:3"));
  const auto owner = with("name: String, by: { type: ObjectId, ref: 'User' }, total: Number", "create(req.body)");
  EXPECT_TRUE(has(owner, "AZ-002:3"));
  EXPECT_TRUE(has(owner, "PAY-001:3"));
  EXPECT_FALSE(has(
      with("name: String, by: { type: ObjectId, ref: 'User' }", "create({ ...req.body, by: req.user.id })"), "AZ-002"));
}

TEST(Rows, APersonLeavesWholeUnlessTheSchemaHidesWhatIsSecret) {
  const auto with = [](const std::string& password, const std::string& body) {
    return audit({{"models/user.js", "module.exports = mongoose.model('User', new Schema({ email: String, password: " +
                                         password + " }));\n"},
                  {"models/cart.js",
                   "module.exports = mongoose.model('Cart', new Schema({ user: { type: ObjectId, ref: 'User' } }));\n"},
                  {"controllers/x.js", "exports.x = async (req, res) => {\n" + body + "};\n"}});
  };
  const std::string plain = "  const user = await User.findById(req.user.id);\n  res.json(user);\n";
  EXPECT_TRUE(has(with("String", plain), "FA-005"));
  EXPECT_FALSE(has(with("{ type: String, select: false }", plain), "FA-005"));
  EXPECT_FALSE(has(with("String",
                        "  const user = await User.findById(req.user.id);\n  user.password = undefined;\n  "
                        "res.json(user);\n"),
                   "FA-005"));
  const std::string cart =
      "  const cart = await Cart.find({ user: req.user.id }).populate('user');\n  res.json(cart);\n";
  EXPECT_TRUE(has(with("String", cart), "FA-005"));
  EXPECT_FALSE(has(with("{ type: String, select: false }", cart), "FA-005"));
}

TEST(Nest, AStubAndAListingAskedByPostAreNotChargedAndWhatChangesIs) {
  const auto with = [](const std::string& service) {
    return audit(
        {{"src/tags.controller.ts",
          "import { Controller, Post, Body, UseGuards } from '@nestjs/common';\nimport { TagService } from "
          "'./tags.service';\n@Controller('tags')\nexport class Tags {\n  constructor(private readonly tags: "
          "TagService) {}\n  @Post('x')\n  x(@Body() b: Filter) { return this.tags.x(b); }\n  @UseGuards(Who)\n "
          " @Post('y')\n  y(@Body() b: Filter) { return this.tags.x(b); }\n}\n"},
         {"src/tags.service.ts", "export class TagService {\n  x(b) { " + service + " }\n}\n"}});
  };
  EXPECT_FALSE(has(with("return 'all of them';"), "EX-023"));
  EXPECT_FALSE(has(with("return this.categoryModel.find(b);"), "EX-023"));
  EXPECT_TRUE(has(with("return this.categoryModel.deleteMany(b);"), "EX-023:7"));
}

TEST(Nest, TheStartSaysWhoMayReadAnswersAndWhichHeadersAreSet) {
  const auto with = [](const std::string& line) {
    return audit({{"src/main.ts",
                   "import { NestFactory } from '@nestjs/core';\nasync function start() {\n  const app = await "
                   "NestFactory.create(AppModule);\n  " +
                       line + "\n  await app.listen(3000);\n}\nstart();\n"}});
  };
  EXPECT_TRUE(has(with("app.enableCors();"), "EX-002:4"));
  EXPECT_TRUE(has(with("app.enableCors({ origin: process.env.SITE });"), "EX-002:4"));
  EXPECT_FALSE(has(with("app.enableCors({ origin: 'https://hives.example' });"), "EX-002"));
  EXPECT_TRUE(has(with(""), "EX-001"));
  EXPECT_FALSE(has(with("app.use(helmet());"), "EX-001"));
}

TEST(Tokens, TheWholeRowOfAPersonIsNoPayload) {
  const auto with = [](const std::string& payload) {
    return audit(
        {{"src/entities/user.ts",
          "@Schema()\nexport class User {\n  @Prop() email: string;\n  @Prop() password: "
          "string;\n}\n"},
         {"src/auth.service.ts", "export class AuthService {\n  sign(user: User) {\n    return this.jwtService.sign(" +
                                     payload + ");\n  }\n}\n"}});
  };
  EXPECT_TRUE(has(with("{ name: user, roles: user.roles }"), "JWT-008:3"));
  EXPECT_FALSE(has(with("{ sub: user.id, roles: user.roles }"), "JWT-008"));
}

TEST(Served, AnEdgeFunctionIsARouteAndOnlyTheServiceKeyWalksAroundThePolicies) {
  const auto with = [](const std::string& key, const std::string& first) {
    return audit({{"supabase/functions/spend/index.ts",
                   "import { serve } from 'https://deno.land/std/http/server.ts';\nserve(async (req) => {\n  const { "
                   "userId } = await req.json();\n  const supabase = createClient(url, Deno.env.get('" +
                       key + "'));\n" + first +
                       "  await supabase.from('profiles').update({ seen: true }).eq('id', userId);\n  return new "
                       "Response('{}');\n});\n"}});
  };
  EXPECT_TRUE(has(with("SUPABASE_SERVICE_ROLE_KEY", ""), "EX-023:3"));
  EXPECT_TRUE(has(with("SUPABASE_SERVICE_ROLE_KEY", ""), "AZ-002:3"));
  EXPECT_FALSE(has(with("SUPABASE_ANON_KEY", ""), "EX-023"));
  EXPECT_FALSE(
      has(with("SUPABASE_SERVICE_ROLE_KEY", "  const { data } = await supabase.auth.getUser(token);\n"), "EX-023"));
}

TEST(Browsers, KeepDecideAndWriteWhatTheServerShould) {
  const auto with = [](const std::string& body) {
    return audit({{"src/pages/Door.tsx",
                   "import { useState } from 'react';\nimport { useRouter, useSearchParams } from "
                   "'next/navigation';\n" +
                       body}});
  };
  EXPECT_TRUE(has(with("const a = () => { document.cookie = `token=${t}; path=/`; };\n"), "RE-002:3"));
  EXPECT_FALSE(has(with("const a = () => { document.cookie = `theme=${t}; path=/`; };\n"), "EX-006"));
  EXPECT_TRUE(
      has(with("const ADMIN_PASSWORD = 'hive2020';\nconst a = (x) => useState(x === ADMIN_PASSWORD);\n"), "SEC-017:3"));
  EXPECT_TRUE(
      has(with("const a = () => { useState(); return supabase.from('profiles').update({ is_admin: true }); };\n"),
          "AZ-007:3"));
  EXPECT_FALSE(
      has(with("const a = () => { useState(); return supabase.from('profiles').update({ name }); };\n"), "AZ-007"));
  EXPECT_TRUE(has(with("const from = useSearchParams().get('from') || '/';\nconst a = () => { useState(); "
                       "router.push(searchParams.get('from')); };\n"),
                  "EX-012:4"));
}

TEST(Limits, OneThatCountsInTheServiceHoldsForTheRoute) {
  const auto with = [](const std::string& service) {
    return audit(
        {{"src/routes/auth.js",
          "const router = require('express').Router();\nconst { forgot } = require('../controllers/auth');\n"
          "router.post('/password/forgot', forgot);\nmodule.exports = router;\n"},
         {"src/controllers/auth.js",
          "const { sendReset } = require('../services/auth');\nexports.forgot = async (req, res) => {\n  await "
          "sendReset(req.body.email);\n  res.json({});\n};\n"},
         {"src/services/auth.js", "exports.sendReset = async (email) => {\n" + service + "};\n"}});
  };
  EXPECT_TRUE(has(with("  await mail(email);\n"), "EX-004:3"));
  EXPECT_FALSE(
      has(with("  if ((await count(email)) > 1) throw new AppError(TOO_MANY_REQUESTS);\n  await mail(email);\n"),
          "EX-004"));
}

TEST(Graphql, AResolverThatAsksNobodyStandsOpenBesideOnesThatDo) {
  const auto with = [](const std::string& field) {
    return audit(
        {{"src/models/hive.js",
          "module.exports = mongoose.model('Hive', new Schema({ name: String, keeper: { type: ObjectId, ref: "
          "'User' } }));\n"},
         {"src/resolvers.js",
          "module.exports = {\n  Query: {\n    mine: (_, args, { user }) => Hive.find({ keeper: user.id }),\n  "
          "},\n  Mutation: {\n    " +
              field + ",\n  },\n};\n"}});
  };
  EXPECT_TRUE(has(with("dropHive: (_, { id }) => Hive.findByIdAndDelete(id)"), "EX-023:6"));
  const auto any = with(
      "dropHive: (_, { id }, { user }) => { if (!user) throw new Error('in'); return "
      "Hive.findByIdAndDelete(id); }");
  EXPECT_FALSE(has(any, "EX-023"));
  EXPECT_TRUE(has(any, "AZ-001:6"));
  EXPECT_FALSE(has(with("dropHive: (_, { id }, ctx) => Hive.deleteOne({ _id: id, keeper: ctx.user.id })"), "AZ-001"));
  EXPECT_FALSE(has(with("dropHive: isAuthenticated((_, { id }) => drop(id))"), "EX-023"));
}

TEST(Graphql, AResolverClassIsReadByItsDecorators) {
  const auto with = [](const std::string& method) {
    return audit({{"src/hive.resolver.ts",
                   "@Resolver(() => Hive)\nexport class HiveResolver {\n  @Authorized()\n  @Query(() => [Hive])\n  "
                   "hives(@Ctx() ctx: Context) { return ctx.prisma.hive.findMany({ where: { keeperId: ctx.user.id } "
                   "}); }\n" +
                       method + "}\n"}});
  };
  const std::string drop =
      "  dropHive(@Arg('id') id: string, @Ctx() ctx: Context) { return ctx.prisma.hive.delete({ where: { id } }); }\n";
  EXPECT_TRUE(has(with("  @Mutation(() => Hive)\n" + drop), "EX-023:7"));
  EXPECT_FALSE(has(with("  @Authorized()\n  @Mutation(() => Hive)\n" + drop), "EX-023"));
}

TEST(ScriptLayers, AWholeBodyIsFollowedIntoTheServiceThatWritesIt) {
  const auto with = [](const std::string& call) {
    return audit({{"models/user.js",
                   "module.exports = mongoose.model('User', new Schema({ name: String, role: String "
                   "}));\n"},
                  {"controllers/users.js",
                   "const service = require('../services/users');\nexports.save = async (req, res) => {\n  await "
                   "service.save(req.user.id, " +
                       call + ");\n  res.json({});\n};\n"},
                  {"routes/users.js",
                   "const router = require('express').Router();\nconst { save } = require('../controllers/users');\n"
                   "router.put('/me', requireAuth, save);\n"},
                  {"services/users.js",
                   "const User = require('../models/user');\nexports.save = (id, data) => User.findByIdAndUpdate(id, "
                   "data);\n"}});
  };
  EXPECT_TRUE(has(with("req.body"), "AZ-007:2"));
  EXPECT_FALSE(has(with("{ name: req.body.name }"), "AZ-007"));
}

TEST(Staff, EverybodysOrdersAreNotForEveryAccount) {
  const auto with = [](const std::string& guard, const std::string& query) {
    return audit(
        {{"models/order.js",
          "module.exports = mongoose.model('Order', new Schema({ total: Number, buyer: { "
          "type: ObjectId, ref: 'User' } }));\n"},
         {"routes/orders.js", "const router = require('express').Router();\nrouter.get('/orders', " + guard +
                                  ", async (req, res) => {\n  res.json(await Order.find(" + query + "));\n});\n"}});
  };
  EXPECT_TRUE(has(with("requireAuth", "{}"), "AZ-001:3"));
  EXPECT_FALSE(has(with("requireAuth, requireRole('admin')", "{}"), "AZ-001"));
  EXPECT_FALSE(has(with("requireAuth", "{ buyer: req.user.id }"), "AZ-001"));
}

TEST(Fastify, APluginGuardsNothingAndThePrefixOfItsMountIsThePath) {
  const auto with = [](const std::string& options) {
    return audit({{"src/app.ts",
                   "import Fastify from 'fastify';\nimport jwt from '@fastify/jwt';\nimport { orders } from "
                   "'./routes/orders';\nconst fastify = Fastify();\nfastify.register(jwt, { secret: key "
                   "});\nfastify.register(orders, { prefix: '/api/orders' });\n"},
                  {"src/routes/orders.ts",
                   "import { FastifyInstance } from 'fastify';\nexport async function orders(fastify) {\n  "
                   "fastify.get('/mine', { preHandler: [fastify.authenticate] "
                   "}, async (req, reply) => reply.send(req.user.id));\n  fastify.delete('/:id', " +
                       options +
                       "async (req, reply) => reply.send(await prisma.order.delete({ where: { id: "
                       "req.params.id } })));\n}\n"}});
  };
  EXPECT_TRUE(has(with(""), "EX-023:4"));
  EXPECT_FALSE(has(with("{ preHandler: [fastify.authenticate] }, "), "EX-023"));
}

TEST(Pages, OneThatReadsWhatIsSomebodysAsksWhoIsLooking) {
  const auto with = [](const std::string& layout, const std::string& page) {
    return audit({{"prisma/schema.prisma",
                   "model Note {\n  id String @id\n  ownerId String\n  owner User @relation(fields: [ownerId], "
                   "references: [id])\n}\nmodel User {\n  id String @id\n}\n"},
                  {"app/notes/layout.tsx",
                   "export default async function L({ children }) {\n" + layout + "  return children;\n}\n"},
                  {"app/notes/[id]/page.tsx",
                   "export default async function Page({ params }) {\n  const { id } = await params;\n" + page +
                       "  return <p>{note.text}</p>;\n}\n"}});
  };
  const std::string any = "  const note = await prisma.note.findUnique({ where: { id } });\n";
  EXPECT_TRUE(has(with("", any), "NX-002:1"));
  const auto guarded = with("  const session = await auth();\n  if (!session) redirect('/');\n", any);
  EXPECT_FALSE(has(guarded, "NX-002"));
  EXPECT_TRUE(has(guarded, "AZ-001:3"));
  EXPECT_FALSE(has(with("  const session = await auth();\n",
                        "  const session = await auth();\n  const note = await prisma.note.findFirst({ where: { id, "
                        "ownerId: session.user.id } });\n"),
                   "AZ-001"));
}

TEST(Sessions, ThatNobodyAskedForAreNotBelieved) {
  const auto with = [](const std::string& call) {
    return audit({{"middleware.ts",
                   "import { NextResponse } from 'next/server';\nexport async function middleware(req) "
                   "{\n  const supabase = createServerClient(a, b);\n  const { data } = await "
                   "supabase.auth." +
                       call + "();\n  if (!data) return NextResponse.redirect('/login');\n}\n"}});
  };
  EXPECT_TRUE(has(with("getSession"), "JWT-001:4"));
  EXPECT_FALSE(has(with("getUser"), "JWT-001"));
}

TEST(Mongo, AnOperatorInPlaceOfATokenIsNoText) {
  const auto with = [](const std::string& query) {
    return audit(
        {{"package.json", "{\"dependencies\": {\"mongoose\": \"8.0.0\"}}"},
         {"controllers/auth.js",
          "exports.resetPassword = async (req, res) => {\n  const { token, password } = req.body;\n  const user = "
          "await User.findOne({ " +
              query + " });\n  await user.save();\n  res.json({});\n};\n"}});
  };
  EXPECT_TRUE(has(with("resetToken: token"), "EX-015:3"));
  EXPECT_FALSE(has(with("resetToken: String(token)"), "EX-015"));
}

TEST(Errors, AnObjectThatHoldsTheTextIsFollowedToTheAnswer) {
  EXPECT_TRUE(
      has(audit({{"a.js",
                  "module.exports = (err, req, res, next) => {\n  let answer = { status: 500, msg: err.message || "
                  "'x' };\n  res.status(answer.status).json({ msg: answer.msg });\n};\n"}}),
          "EX-010:3"));
  EXPECT_FALSE(
      has(audit({{"a.js",
                  "module.exports = (err, req, res, next) => {\n  let answer = { status: 500, msg: err.message || "
                  "'x' };\n  log(answer.msg);\n  res.status(answer.status).json({ msg: 'broken' });\n};\n"}}),
          "EX-010"));
}

TEST(Limits, WhatAnotherServerAnswersLimitsNobody) {
  const auto with = [](const std::string& body) {
    return audit({{"app/api/generate/route.ts",
                   "export async function POST(req: Request) {\n  const session = await "
                   "auth();\n  const r = await fetch(AI);\n  " +
                       body + "\n  return Response.json(await r.json());\n}\n"}});
  };
  EXPECT_TRUE(has(with("if (r.status === 429) throw new Error('busy');"), "RL-002"));
  EXPECT_FALSE(has(with("if (await count(session) > 5) return new Response('', { status: 429 });"), "RL-002"));
}

}  // namespace
}  // namespace gatehouse::audit::source
