// A caller that a middleware writes into the body, and what an order's routes say without asking anybody.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kMiddleware =
    "import jwt from 'jsonwebtoken';\nexport default (req, res, next) => {\n  const decoded = "
    "jwt.verify(req.headers.token, process.env.KEY);\n  req.body.userId = decoded.id;\n  next();\n};\n";
constexpr std::string_view kModel =
    "const orderSchema = new mongoose.Schema({ userId: { type: String }, amount: Number, status: String });\nexport "
    "default mongoose.model('order', orderSchema);\n";

// A shop whose order routes are `routes`, with `middleware` before the first.
std::vector<std::string> shop(std::string_view middleware, const std::string& routes, std::string_view only) {
  return places_of(
      {{"middleware/auth.js", std::string(middleware)},
       {"models/order.js", std::string(kModel)},
       {"controllers/order.js",
        "import orderModel from '../models/order.js';\nexport const mine = async (req, res) => {\n  res.json(await "
        "orderModel.find({ userId: req.body.userId }));\n};\nexport const all = async (req, res) => {\n  "
        "res.json(await "
        "orderModel.find({}));\n};\nexport const updateStatus = async (req, res) => {\n  await "
        "orderModel.findByIdAndUpdate(req.body.orderId, { status: req.body.status });\n  res.json({});\n};\n"},
       {"routes/order.js",
        "import express from 'express';\nimport auth from '../middleware/auth.js';\nimport { mine, all, updateStatus } "
        "from "
        "'../controllers/order.js';\nconst router = express.Router();\nrouter.post('/mine', auth, mine);\n" +
            routes + "export default router;\n"},
       {"server.js",
        "import express from 'express';\nimport orders from './routes/order.js';\nconst app = "
        "express();\napp.use('/api/order', orders);\n"}},
      only);
}

TEST(ScriptIdentity, WhatAMiddlewareVerifiedAndWroteIntoTheBodyIsTheCaller) {
  EXPECT_THAT(shop(kMiddleware, "", "AZ-002"), IsEmpty());
  const std::string_view bare =
      "export default (req, res, next) => {\n  jwt.verify(req.headers.token, KEY);\n  next();\n};\n";
  EXPECT_THAT(shop(bare, "", "AZ-002"), Not(IsEmpty())) << "here the client says who it is";
}

TEST(ScriptIdentity, ARouteIsJudgedByWhatItDoesAndNotByAWordInItsName) {
  EXPECT_THAT(shop(kMiddleware, "router.get('/list', all);\n", "EX-023"), Contains("routes/order.js:6"));
  EXPECT_THAT(shop(kMiddleware, "router.post('/status', updateStatus);\n", "EX-023"), Contains("routes/order.js:6"));
  EXPECT_THAT(shop(kMiddleware, "router.post('/status', auth, updateStatus);\n", "EX-023"), IsEmpty());
}

TEST(ScriptIdentity, OneFieldOfTheBodyIsNotTheWholeOfIt) {
  EXPECT_THAT(shop(kMiddleware, "router.post('/status', auth, updateStatus);\n", "AZ-007,PAY-001"), IsEmpty());
}

TEST(ScriptIdentity, AConstantIsNobody) {
  const auto route = [](const std::string& who) {
    return lines_of("app/api/pay/route.ts",
                    who +
                        "\nexport async function POST(request: Request) {\n  return Response.json(await "
                        "pay(await request.json(), getUserId()));\n}\n",
                    "NX-002");
  };
  EXPECT_THAT(route("const getUserId = () => 'user_demo';"), Contains("NX-002:1"));
  EXPECT_THAT(route("const getUserId = () => auth().userId;"), Not(Contains("NX-002:1")));
}

TEST(ScriptMails, WhatPeopleTypedIsEscapedInAMail) {
  const auto mail = [](const std::string& hole) {
    return lines_of(
        "lib/mail.ts",
        "import { Resend } from 'resend';\nexport const send = (to, invoice) =>\n  resend.emails.send({ to, "
        "html: `<p>Hello ${" +
            hole + "}</p>` });\n",
        "RE-001");
  };
  EXPECT_THAT(mail("invoice.client.name"), Contains("RE-001:3"));
  EXPECT_THAT(mail("escapeHtml(invoice.client.name)"), IsEmpty());
  EXPECT_THAT(mail("invoice.number"), IsEmpty());
}

TEST(ScriptIdentity, AFunctionThatSupabaseAsksForNoTokenAsksItself) {
  const auto function = [](const std::string& config, const std::string& asks) {
    return places_of(
        {{"supabase/config.toml", "project_id = \"shop\"\n[functions.write-text]\n" + config},
         {"supabase/functions/write-text/index.ts",
          "import { serve } from 'https://deno.land/std/http/server.ts';\nserve(async (req) => {\n" + asks +
              "  const { prompt } = await req.json();\n  const r = await fetch('https://api.openai.com/v1', { "
              "method: 'POST', body: prompt });\n  return new Response(await r.text());\n});\n"}},
        "EX-023");
  };
  EXPECT_THAT(function("verify_jwt = false\n", ""), Not(IsEmpty()));
  EXPECT_THAT(function("verify_jwt = true\n", ""), IsEmpty());
  EXPECT_THAT(function("verify_jwt = false\n",
                       "  const { data } = await supabase.auth.getUser(token);\n  if (!data.user) "
                       "return new Response('', { status: 401 });\n"),
              IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
