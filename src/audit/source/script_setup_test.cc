// Parts of a server that stand in the wrong order or do not hold, and the same parts as they should stand.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

TEST(Setup, TellsASanitizerThatRunsBeforeThereIsABody) {
  const std::string head =
      "const express = require('express');\nconst clean = require('express-mongo-sanitize');\nconst app = express();\n";
  EXPECT_TRUE(has(found({{"app.js", head + "app.use(clean());\napp.use(express.json());\n"}}), "EX-015:app.js:4"));
  EXPECT_FALSE(has(found({{"app.js", head + "app.use(express.json());\napp.use(clean());\n"}}), "EX-015"));
}

TEST(Setup, TellsAJsonParserBeforeARouteThatWantsBytesWhereverItsHandlerStands) {
  const std::string routes =
      "const express = require('express');\nconst { webhook } = require('../controllers/pay');\n"
      "const router = express.Router();\nrouter.post('/webhook', express.raw({ type: '*/*' }), webhook);\n"
      "module.exports = router;\n";
  const std::string head = "const express = require('express');\nconst app = express();\n";
  const std::string mount = "app.use('/api/pay', require('./routes/pay'));\n";
  EXPECT_TRUE(
      has(found({{"app.js", head + "app.use(express.json());\n" + mount}, {"routes/pay.js", routes}}), "EX-019"));
  EXPECT_FALSE(
      has(found({{"app.js", head + mount + "app.use(express.json());\n"}, {"routes/pay.js", routes}}), "EX-019"));
}

TEST(Setup, TellsAContentPolicyThatIsSwitchedOff) {
  const std::string head =
      "const express = require('express');\nconst helmet = require('helmet');\nconst app = express();\n";
  EXPECT_TRUE(has(found({{"app.js", head + "app.use(helmet({ contentSecurityPolicy: false }));\n"}}), "EX-001"));
  EXPECT_FALSE(has(found({{"app.js", head + "app.use(helmet());\n"}}), "EX-001"));
}

TEST(Setup, CountsWhatALimitOfTheSignInLetsThrough) {
  const auto limit = [](const std::string& window, const std::string& most) {
    return found({{"limits.js",
                   "const rateLimit = require('express-rate-limit');\nconst authLimiter = rateLimit({\n"
                   "  windowMs: " +
                       window + ",\n  max: " + most + ",\n});\nmodule.exports = { authLimiter };\n"}});
  };
  EXPECT_TRUE(has(limit("60 * 1000", "process.env.NODE_ENV === 'production' ? 50 : 5"), "EX-004:limits.js:4"));
  EXPECT_FALSE(has(limit("60 * 1000", "process.env.NODE_ENV === 'production' ? 5 : 500"), "EX-004"));
  EXPECT_FALSE(has(limit("15 * 60 * 1000", "100"), "EX-004"));
  EXPECT_TRUE(has(limit("15 * 60 * 1000", "1000"), "EX-004"));
}

TEST(Setup, TellsOriginsOfWhichOnlyAPartIsCompared) {
  const auto cors = [](const std::string& asked) {
    return found({{"app.js",
                   "const express = require('express');\nconst cors = require('cors');\nconst app = "
                   "express();\nconst allowed = [process.env.SITE];\napp.use(cors({ origin: (origin, "
                   "callback) => {\n  if (" +
                       asked +
                       ") callback(null, true);\n  else callback(new Error('no'));\n}, credentials: true "
                       "}));\n"}});
  };
  EXPECT_TRUE(has(cors("allowed.some((a) => origin.startsWith(a))"), "EX-002:app.js:6"));
  EXPECT_TRUE(has(cors("origin.endsWith('hives.example')"), "EX-002"));
  EXPECT_TRUE(has(cors("origin.endsWith('.vercel.app')"), "EX-002"));
  EXPECT_FALSE(has(cors("origin.endsWith('.hives.example')"), "EX-002"));
  EXPECT_FALSE(has(cors("origin.startsWith('http://localhost:')"), "EX-002"));
  EXPECT_FALSE(has(cors("allowed.includes(origin)"), "EX-002"));
}

TEST(Setup, TellsATokenThatOutlivesItsAccount) {
  const auto guard = [](const std::string& rest) {
    return found({{"guard.js",
                   "const jwt = require('jsonwebtoken');\nconst Keeper = require('./keeper');\nconst guard "
                   "= async (req, res, next) => {\n  const said = jwt.verify(req.headers.authorization, "
                   "process.env.JWT_SECRET);\n" +
                       rest + "};\nmodule.exports = guard;\n"}});
  };
  EXPECT_TRUE(has(guard("  req.user = await Keeper.findById(said.id);\n  next();\n"), "EX-024:guard.js:5"));
  EXPECT_FALSE(has(guard("  req.user = await Keeper.findById(said.id);\n  if (!req.user) return "
                         "res.status(401).end();\n  next();\n"),
                   "EX-024"));
  EXPECT_FALSE(has(guard("  const keeper = await Keeper.findById(said.id);\n  if (!keeper) return "
                         "res.status(401).end();\n  req.user = keeper;\n  next();\n"),
                   "EX-024"));
  EXPECT_FALSE(has(guard("  req.user = { id: said.id };\n  next();\n"), "EX-024"));
}

TEST(Setup, ReadsTheCallerThroughACastAndTheIdOfAwaitedParams) {
  const std::string routes =
      "import express from 'express';\nimport { requireAuth } from './guard';\nimport { HiveDesk } from './desk';\n"
      "const router = express.Router();\nrouter.get('/hives/:id', requireAuth, HiveDesk.get);\nexport default "
      "router;\n";
  const std::string desk =
      "import { HiveStore } from './store';\nexport class HiveDesk {\n  static async get(req, res) {\n    const userId "
      "= (req as any).user!.id;\n    const { id } = req.params;\n    res.json({ hive: await HiveStore.load(userId, id) "
      "});\n  }\n}\n";
  const std::string store =
      "import prisma from './prisma';\nexport class HiveStore {\n  static async load(userId, hiveId) {\n    return "
      "prisma.hive.findFirst({ where: { id: hiveId, userId } });\n  }\n}\n";
  EXPECT_FALSE(has(found({{"routes.ts", routes}, {"desk.ts", desk}, {"store.ts", store}}), "AZ-001"));

  const auto removes = [](const std::string& owner) {
    return found(
        {{"app/api/orders/[id]/route.ts",
          "import { auth } from '@clerk/nextjs/server';\nimport { prisma } from '@/lib/prisma';\nexport async "
          "function DELETE(request, { params }) {\n  const { userId } = await auth();\n  if (!userId) return "
          "Response.json({}, { status: 401 });\n  const orderId = (await params).id;\n  const keeper = await "
          "prisma.keeper.findUnique({ where: { userId } });\n  const order = await prisma.order.findFirst({ "
          "where: { id: orderId" +
              owner +
              " } });\n  if (!order) return Response.json({}, { status: 404 });\n  await prisma.order.delete({ "
              "where: { id: orderId } });\n  return Response.json({ done: true });\n}\n"}});
  };
  EXPECT_FALSE(has(removes(", keeperId: keeper.id"), "AZ-001"));
  EXPECT_TRUE(has(removes(""), "AZ-001"));
}

TEST(Setup, TellsEverybodysPasswordsAndListsBehindNothingButASignIn) {
  const std::string model =
      "const mongoose = require('mongoose');\nmodule.exports = mongoose.model('User', new mongoose.Schema({ email: "
      "String, password: String, role: String }));\n";
  const std::string routes =
      "const express = require('express');\nconst { protect, onlyAdmins } = require('./guard');\nconst desk = "
      "require('./desk');\nconst router = express.Router();\nrouter.patch('/:id/password', protect, "
      "desk.setPassword);\n"
      "router.get('/me', protect, desk.me);\nmodule.exports = router;\n";
  const std::string desk =
      "const bcrypt = require('bcryptjs');\nconst User = require('./models/User');\nexports.setPassword = async (req, "
      "res) => {\n  const { id } = req.params;\n  const password = await bcrypt.hash(req.body.fresh, 10);\n  await "
      "User.findByIdAndUpdate(id, { password });\n  res.json({ done: true });\n};\nexports.me = async (req, res) => "
      "res.json({ id: req.user.id });\n";
  EXPECT_TRUE(has(found({{"routes.js", routes}, {"desk.js", desk}, {"models/User.js", model}}), "AZ-001:desk.js:6"));
}

TEST(Middleware, ThatLetsTheApiThroughGuardsNoHandler) {
  const auto project = [](const std::string& first, const std::string& lists) {
    return found({{"middleware.ts",
                   "import { clerkMiddleware, createRouteMatcher } from '@clerk/nextjs/server';\nimport { NextResponse "
                   "} from 'next/server';\n" +
                       lists +
                       "export default clerkMiddleware(async (auth, req) => {\n  const { userId } = await auth();\n  "
                       "const { pathname } = req.nextUrl;\n" +
                       first +
                       "  if (!isPublic(req) && !userId) return NextResponse.redirect(new URL('/in', req.url));\n  "
                       "return NextResponse.next();\n});\nexport const config = { matcher: ['/(api|trpc)(.*)'] };\n"},
                  {"app/api/hives/route.ts",
                   "import { auth } from '@clerk/nextjs/server';\nexport async function GET() {\n  const { userId } = "
                   "await auth();\n  if (!userId) return Response.json({}, { status: 401 });\n  return "
                   "Response.json([]);\n}\n"},
                  {"app/api/openai/route.ts",
                   "import OpenAI from 'openai';\nconst ai = new OpenAI();\nexport async function POST(req) {\n  const "
                   "body = await req.json();\n  const out = await ai.chat.completions.create({ model: 'm', messages: "
                   "[{ role: 'user', content: body.text }] });\n  return Response.json(out);\n}\n"}});
  };
  const std::string open = "const isPublic = createRouteMatcher(['/', '/in(.*)']);\n";
  EXPECT_TRUE(has(project("  if (pathname.startsWith('/api/')) return NextResponse.next();\n", open), "NX-002"));
  EXPECT_FALSE(has(project("", open), "NX-002"));
  const std::string many =
      "const isPublic = createRouteMatcher(['/', '/in(.*)', '/api/openai(.*)']);\nconst isPaid = "
      "createRouteMatcher(['/plan(.*)']);\n";
  EXPECT_TRUE(has(project("", many), "NX-002"));
  EXPECT_FALSE(has(project("", open + "const isPaid = createRouteMatcher(['/plan(.*)']);\n"), "NX-002"));
}

TEST(ErrorTexts, OfProvidersLeakBehindInstanceofAndBesideASwitch) {
  const auto handler = [](const std::string& answer) {
    return found({{"app/api/pay/route.ts",
                   "import Stripe from 'stripe';\nimport { AppError } from '@/lib/errors';\nexport async function "
                   "POST(req) {\n  try {\n    await go();\n  } catch (error) {\n" +
                       answer + "    return Response.json({ error: 'failed' }, { status: 500 });\n  }\n}\n"}});
  };
  EXPECT_TRUE(
      has(handler("    if (error instanceof Error) return NextResponse.json({ error: error.message });\n"), "EX-010"));
  EXPECT_TRUE(has(handler("    if (error instanceof Stripe.errors.StripeError) return NextResponse.json({ error: "
                          "error.message });\n"),
                  "EX-010"));
  EXPECT_FALSE(has(handler("    if (error instanceof AppError) return NextResponse.json({ error: error.message });\n"),
                   "EX-010"));
  EXPECT_TRUE(has(handler("    return NextResponse.json({ error: error instanceof Error ? error.message : 'no', debug: "
                          "process.env.NODE_ENV === 'development' ? error : undefined });\n"),
                  "EX-010"));
  EXPECT_FALSE(has(handler("    return NextResponse.json({ error: 'no', debug: process.env.NODE_ENV === 'development' "
                           "? error.message : undefined });\n"),
                   "EX-010"));
}

TEST(Payments, LeaveTheAmountOfAGiftToTheGiver) {
  const auto handler = [](const std::string& path) {
    return found({{"app/api/" + path + "/route.ts",
                   "import Stripe from 'stripe';\nconst stripe = new Stripe(process.env.KEY);\nexport async function "
                   "POST(req) {\n  const { amount } = await req.json();\n  const session = await "
                   "stripe.paymentIntents.create({ amount, currency: 'chf' });\n  return Response.json({ id: "
                   "session.id });\n}\n"}});
  };
  EXPECT_TRUE(has(handler("checkout"), "PAY-001"));
  EXPECT_FALSE(has(handler("donations"), "PAY-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source
