// Fastify, Hono, Koa and NestJS: their guards, their answers, their tokens and their uploads.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

const char* const kTables =
    "import { pgTable, serial, text, integer } from 'drizzle-orm/pg-core';\n"
    "export const members = pgTable('members', { id: serial('id'), email: text('email'), passwordHash: text('hash') "
    "});\n"
    "export const notes = pgTable('notes', { id: serial('id'), memberId: integer('m').references(() => members.id) "
    "});\n";

std::vector<std::string> fastify(const std::string& routes) {
  return found({{"src/db/schema.ts", kTables},
                {"routes.ts",
                 "import { FastifyInstance } from 'fastify';\nimport { db, members, notes } from './db';\n"
                 "export async function routes(app: FastifyInstance) {\n" +
                     routes + "}\n"}});
}

TEST(Fastify, AHookBeforeARouteOrAPluginIsAGuard) {
  const std::string open =
      "  app.delete('/notes/:id', async (req) => db.delete(notes).where(eq(notes.id, req.params.id)));\n";
  EXPECT_TRUE(has(fastify(open), "EX-023:routes.ts:4"));
  const auto hooked = fastify("  app.addHook('onRequest', async (req) => { await req.jwtVerify(); });\n" + open);
  EXPECT_FALSE(has(hooked, "EX-023"));
  EXPECT_TRUE(has(hooked, "AZ-001:routes.ts:5"));
  EXPECT_FALSE(has(fastify("  app.delete('/notes/:id', { onRequest: [app.authenticate] }, async (req) => "
                           "db.delete(notes).where(eq(notes.id, req.params.id)));\n"),
                   "EX-023"));
}

TEST(Fastify, WhatAHandlerReturnsIsAnswered) {
  EXPECT_TRUE(has(fastify("  app.get('/me', { onRequest: [app.authenticate] }, async (req) => {\n"
                          "    const [me] = await db.select().from(members).where(eq(members.id, req.user.id));\n"
                          "    return me;\n  });\n"),
                  "FA-005:routes.ts:5"));
  EXPECT_FALSE(
      has(fastify("  app.get('/me', { onRequest: [app.authenticate] }, async (req) => {\n"
                  "    const [me] = await db.select({ id: members.id }).from(members);\n    return me;\n  });\n"),
          "FA-005"));
}

TEST(Fastify, ItsOwnWordOnATokenIsNoLeak) {
  EXPECT_FALSE(has(found({{"app.ts",
                           "import fastify from 'fastify';\nconst app = fastify();\n"
                           "app.decorate('authenticate', async (request, reply) => {\n"
                           "  try { await request.jwtVerify(); } catch (err) { reply.send(err); }\n});\n"}}),
                   "EX-010"));
}

TEST(Hono, AGuardOfOneFolderLeavesTheOthersOpen) {
  const std::string app =
      "import { Hono } from 'hono';\nimport { jwt } from 'hono/jwt';\nconst app = new Hono();\n"
      "app.use('/api/*', jwt({ secret: process.env.KEY }));\n";
  EXPECT_TRUE(has(found({{"app.ts", app + "app.post('/admin/clear', async (c) => c.json(await clear()));\n"}}),
                  "EX-023:app.ts:5"));
  EXPECT_FALSE(
      has(found({{"app.ts", app + "app.post('/api/clear', async (c) => c.json(await clear()));\n"}}), "EX-023"));
}

TEST(NestJs, ARoleThatIsAskedForIsOne) {
  const auto audit = [](const std::string& decorators) {
    return found(
        {{"schema.prisma",
          "model User {\n  id String @id\n  email String\n  role String\n}\n"
          "model Order {\n  id String @id\n  userId String\n  user User @relation(fields: "
          "[userId], references: [id])\n}\n"},
         {"orders.controller.ts",
          "import { Controller, Get } from '@nestjs/common';\nimport { OrdersService } from './orders.service';\n"
          "@Controller('orders')\n@UseGuards(JwtGuard)\nexport class OrdersController {\n"
          "  constructor(private readonly orders: OrdersService) {}\n  @Get()\n" +
              decorators + "  all() { return this.orders.all(); }\n}\n"},
         {"orders.service.ts", "export class OrdersService {\n  all() { return this.prisma.order.findMany(); }\n}\n"}});
  };
  EXPECT_TRUE(has(audit(""), "AZ-001"));
  EXPECT_FALSE(has(audit("  @Roles('ADMIN')\n"), "AZ-001"));
}

TEST(NestJs, TokensAreDatedByTheModuleThatSignsThem) {
  const auto audit = [](const std::string& module) {
    return found({{"auth.module.ts",
                   "import { JwtModule } from '@nestjs/jwt';\nconst jwt = JwtModule.register(" + module + ");\n"},
                  {"auth.service.ts",
                   "import { JwtService } from '@nestjs/jwt';\nexport class AuthService {\n"
                   "  constructor(private jwtService: JwtService) {}\n"
                   "  token(id: string) { return this.jwtService.sign({ sub: id }); }\n}\n"}});
  };
  EXPECT_TRUE(has(audit("{ secret: process.env.KEY }"), "JWT-006:auth.service.ts:4"));
  EXPECT_FALSE(has(audit("{ secret: process.env.KEY, signOptions: { expiresIn: '15m' } }"), "JWT-006"));
}

TEST(NestJs, AnUploadHasBoundsAndANameOfOurs) {
  const auto audit = [](const std::string& options) {
    return found({{"a.controller.ts",
                   "import { Controller, Post } from '@nestjs/common';\n@Controller('a')\nexport class A {\n"
                   "  @Post()\n  @UseInterceptors(FileInterceptor('file', " +
                       options + "))\n  up(@UploadedFile() file) { return {}; }\n}\n"}});
  };
  EXPECT_TRUE(has(audit("{ dest: './kept' }"), "FA-016"));
  EXPECT_FALSE(has(audit("{ dest: './kept', limits: { fileSize: 1000000 } }"), "FA-016"));
}

TEST(Layers, ASumThatAServiceWritesDownAsItCameIsTheClients) {
  const auto audit = [](const std::string& sum) {
    return found(
        {{"models/order.js",
          "const mongoose = require('mongoose');\nmodule.exports = mongoose.model('Order', new mongoose.Schema({ user: "
          "{ type: mongoose.Schema.Types.ObjectId, ref: 'User' }, total: Number }));\n"},
         {"services/orders.js",
          "const Order = require('../models/order');\nexports.place = async (user, basket) => "
          "Order.create({ user, total: " +
              sum + " });\n"},
         {"routes/orders.js",
          "const router = require('express').Router();\nconst { requireAuth } = require('../guard');\n"
          "const orders = require('../services/orders');\n"
          "router.post('/', requireAuth, async (req, res) => res.json(await orders.place(req.user.id, "
          "req.body)));\n"}});
  };
  EXPECT_TRUE(has(audit("basket.total"), "PAY-001:routes/orders.js:4"));
  EXPECT_FALSE(has(audit("await priceOf(basket.items)"), "PAY-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source
