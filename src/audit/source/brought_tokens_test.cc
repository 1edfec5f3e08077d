// Tokens that clients bring from a provider, cookies of tokens, sign-outs by GET, sockets, and what forms carry into
// folders and orders.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(BroughtTokens, AreAskedWhomTheyWereMadeForInPython) {
  const auto view = [](const std::string& more) {
    return audited({{"views.py",
                     "import requests\nfrom rest_framework.decorators import api_view\n\n@api_view(['POST'])\ndef "
                     "google(request):\n    access_token = request.data.get('access_token')\n    r = "
                     "requests.get('https://www.googleapis.com/oauth2/v3/userinfo', headers={'Authorization': "
                     "access_token}, timeout=5)\n" +
                         more + "    user = User.objects.get(email=r.json()['email'])\n    return sign_in(user)\n"}});
  };
  EXPECT_TRUE(said(view(""), "JWT-003:5"));
  EXPECT_TRUE(said(view(""), "OAU-003:8"));
  EXPECT_FALSE(said(view("    assert r.json()['aud'] == OURS\n"), "JWT-003"));
  EXPECT_FALSE(said(view("    assert r.json()['email_verified']\n"), "OAU-003"));
}

TEST(BroughtTokens, AreAskedWhomTheyWereMadeForInJavaScript) {
  const auto route = [](const std::string& more) {
    return audited({{"auth.js",
                     "const axios = require('axios');\nexports.google = async (req, res) => {\n  const { token } = "
                     "req.body;\n" +
                         more +
                         "  const r = await axios.get('https://www.googleapis.com/oauth2/v3/userinfo', { headers: { "
                         "Authorization: `Bearer ${token}` } });\n  res.json(r.data.name);\n};\n"}});
  };
  EXPECT_TRUE(said(route(""), "JWT-003:2"));
  EXPECT_FALSE(
      said(route("  await ours(`https://oauth2.googleapis.com/tokeninfo?access_token=${token}`);\n"), "JWT-003"));
}

TEST(TokenCookies, OfPackagesAreJudgedByTheirSwitches) {
  const auto settings = [](const std::string& line) {
    return audited({{"shop/settings.py", "INSTALLED_APPS = ['dj_rest_auth']\nREST_AUTH = {\n    " + line + ",\n}\n"}});
  };
  EXPECT_TRUE(said(settings("'JWT_AUTH_HTTPONLY': False"), "CK-002:3"));
  EXPECT_TRUE(said(settings("'JWT_AUTH_SECURE': False"), "CK-001:3"));
  EXPECT_FALSE(said(settings("'JWT_AUTH_HTTPONLY': True"), "CK-002"));
}

TEST(SignOut, ByOpeningAnAddressIsToldLow) {
  const auto route = [](const std::string& methods) {
    return audited(
        {{"auth.py", "from flask import Flask, redirect, session\n\napp = Flask(__name__)\n\n@app.route('/logout'" +
                         methods + ")\ndef logout():\n    session.clear()\n    return redirect('/')\n"}});
  };
  EXPECT_TRUE(said(route(""), "CSRF-003:6"));
  EXPECT_FALSE(said(route(", methods=['POST']"), "CSRF-003"));
  const auto view = [](const std::string& above) {
    return audited(
        {{"views.py", "from django.contrib.auth import logout\nfrom django.shortcuts import redirect\n\n" + above +
                          "def logout_view(request):\n    logout(request)\n    return redirect('home')\n"}});
  };
  EXPECT_TRUE(said(view(""), "CSRF-003:4"));
  EXPECT_FALSE(said(view("@require_POST\n"), "CSRF-003"));
}

TEST(Sockets, OfFlaskAreHeldToTheirOrigins) {
  const auto app = [](const std::string& origins) {
    return audited({{"app.py",
                     "from flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\nio = "
                     "SocketIO(app, cors_allowed_origins=" +
                         origins + ")\n"}});
  };
  EXPECT_TRUE(said(app("'*'"), "FA-001:5"));
  EXPECT_FALSE(said(app("['https://shop.example']"), "FA-001"));
}

TEST(Uploads, OfServerActionsAreFollowedThroughTheNamesOfTheirPaths) {
  const auto action = [](const std::string& name, const std::string& ask = "") {
    return audited({{"lib/actions.ts",
                     "\"use server\";\nimport { writeFile } from 'fs/promises';\nimport path from 'path';\n\nexport "
                     "async function save(formData: FormData) {\n  const file = formData.get('logo') as File;\n" +
                         ask + "  const name = " + name +
                         ";\n  const target = path.join(process.cwd(), 'public/uploads', name);\n  await "
                         "writeFile(target, Buffer.from(await file.arrayBuffer()));\n}\n"}});
  };
  EXPECT_TRUE(said(action("`${Date.now()}-${file.name}`"), "FA-018:9"));
  EXPECT_TRUE(said(action("`${Date.now()}-${file.name}`"), "FA-016:9"));
  EXPECT_TRUE(said(action("`${uuid()}-${file.name}`"), "FA-018:9"));
  EXPECT_FALSE(said(action("`${crypto.randomUUID()}.png`"), "FA-018"));
  EXPECT_FALSE(said(action("`${uuid()}.${file.name.split('.').pop()}`"), "FA-018"));
  EXPECT_FALSE(said(action("clean(file.name)"), "FA-018"));
  EXPECT_FALSE(said(action("'a.png'", "  if (file.type !== 'image/png') throw new Error('type');\n"), "FA-016"));
}

TEST(Idempotency, AKeyAloneGivesAwayWhatAnotherMade) {
  const auto django = [](const std::string& by) {
    return audited({{"services.py",
                     "from .models import Order\n\ndef create_order(user, items, idempotency_key):\n    existing = "
                     "Order.objects.filter(" +
                         by + ").first()\n    if existing:\n        return existing\n    return make(user, items)\n"}});
  };
  EXPECT_TRUE(said(django("idempotency_key=idempotency_key"), "AZ-001:4"));
  EXPECT_FALSE(said(django("user=user, idempotency_key=idempotency_key"), "AZ-001"));
  const auto script = [](const std::string& by) {
    return audited({{"orders.js",
                     "exports.create = async (req, res) => {\n  const found = await prisma.order.findUnique({ where: " +
                         by + " });\n  if (found) return res.json(found);\n  res.status(201).end();\n};\n"}});
  };
  EXPECT_TRUE(said(script("{ idempotencyKey: req.headers['idempotency-key'] }"), "AZ-001:2"));
  EXPECT_FALSE(said(script("{ userId_idempotencyKey: { userId: req.user.id, idempotencyKey: key } }"), "AZ-001"));
}

TEST(Conditions, ThatRefuseOnlyWhereAllIsWrongAreTold) {
  const auto python = [](const std::string& asked) {
    return audited({{"auth.py", "def enter(email, password):\n    user = find(email)\n    if " + asked +
                                    ":\n        return None\n    return user\n\ndef find(e):\n    return e\n"}});
  };
  EXPECT_TRUE(said(python("not user and not verify_password(password, user.hashed_password)"), "AU-006:3"));
  EXPECT_FALSE(said(python("not user or not verify_password(password, user.hashed_password)"), "AU-006"));
  const auto script = [](const std::string& asked) {
    return audited({{"auth.js",
                     "const bcrypt = require('bcrypt');\nexports.login = async (req, res) => {\n  const user = await "
                     "User.findOne({ email: String(req.body.email) });\n  if (" +
                         asked + ") return res.status(401).end();\n  res.json({});\n};\nconst User = {};\n"}});
  };
  EXPECT_TRUE(said(script("!user && !(await bcrypt.compare(req.body.password, user.password))"), "AU-006:4"));
  EXPECT_FALSE(said(script("!user || !(await bcrypt.compare(req.body.password, user.password))"), "AU-006"));
}

TEST(Compose, WhatSignsRunsWithWhateverStandsThere) {
  const auto compose = [](const std::string& line) {
    return audited(
        {{"docker-compose.yml", "services:\n  web:\n    build: .\n    environment:\n      - " + line + "\n"}});
  };
  EXPECT_TRUE(said(compose("SECRET_KEY=your-super-secret-local-key"), "SEC-016:5"));
  EXPECT_FALSE(said(compose("SECRET_KEY=<your-key>"), "SEC-016"));
  EXPECT_FALSE(said(compose("SMTP_KEY=your-smtp-key"), "SEC-016"));
}

TEST(Compose, AnImageThatIsBuiltHereIsOnlyNamed) {
  const auto compose = [](const std::string& more) {
    return audited({{"docker-compose.yml", "services:\n  web:\n    image: shop\n" + more}});
  };
  EXPECT_TRUE(said(compose(""), "DEP-011:3"));
  EXPECT_FALSE(said(compose("    build: .\n"), "DEP-011"));
}

TEST(Paths, OfNumbersLeadNowhere) {
  const auto route = [](const std::string& type) {
    return audited(
        {{"files.py",
          "from fastapi import APIRouter\nrouter = APIRouter()\n\n@router.get('/picture')\ndef picture(name: " + type +
              "):\n    path = f'images/{name}.webp'\n    return open(path, 'rb').read()\n"}});
  };
  EXPECT_FALSE(said(route("int"), "FA-018"));
}

TEST(AddressSecrets, AreToldWhereARouteAsksForThem) {
  const auto route = [](const std::string& from) {
    return audited(
        {{"pages/api/hook.ts", "export default async function handler(req, res) {\n  if (" + from +
                                   " !== process.env.API_SECRET) return res.status(401).end();\n  res.end();\n}\n"}});
  };
  EXPECT_TRUE(said(route("req.query.secret"), "FA-019:2"));
  EXPECT_FALSE(said(route("req.headers['x-secret']"), "FA-019"));
}

TEST(Webhooks, ThatOnlyMakeARecordByItsOwnKeyMayComeTwice) {
  const auto hook = [](const std::string& data, const std::string& more = "") {
    return audited(
        {{"app/api/webhooks/clerk/route.ts",
          "import { Webhook } from 'svix';\nexport async function POST(req: Request) {\n  const evt = new "
          "Webhook(process.env.HOOK!).verify(await req.text(), Object.fromEntries(req.headers));\n  if (evt.type "
          "=== 'user.created') {\n    await prisma.user.create({ data: { " +
              data + " } });\n" + more + "  }\n  return new Response('ok');\n}\n"}});
  };
  EXPECT_FALSE(said(hook("id: evt.data.id"), "WHK-002"));
  EXPECT_TRUE(said(hook("name: evt.data.name"), "WHK-002"));
  EXPECT_TRUE(said(hook("id: evt.data.id", "    await mail.send(evt.data.id);\n"), "WHK-002"));
}

TEST(Jobs, ThatAskForASecretOfTheirOwnAreShut) {
  const auto job = [](const std::string& ask) {
    return audited({{"app/api/cron/send/route.ts",
                     "export async function GET(request: Request) {\n  const sig = request.headers.get('x-cron');\n" +
                         ask + "  await prisma.delivery.deleteMany({});\n  return Response.json({});\n}\n"}});
  };
  EXPECT_TRUE(said(job(""), "NX-002:1"));
  EXPECT_FALSE(
      said(job("  if (!sig || sig !== process.env.CRON_SIGNATURE) return new Response(null, { status: 401 });\n"),
           "NX-002"));
}

TEST(Callers, AreKnownByWhatIsRequiredOfThem) {
  const auto action = [](const std::string& who) {
    return audited(
        {{"app/actions.ts",
          "\"use server\";\nimport { requireActiveSubscription } from '@/lib/billing';\nexport async function "
          "save(id: string, text: string) {\n  const profile = await requireActiveSubscription();\n  const { "
          "data } = await supabase.from('issues').select('id').eq('id', id)" +
              who +
              ".maybeSingle();\n  if (!data) return;\n  await supabase.from('issues').update({ text })"
              ".eq('id', id);\n}\n"},
         {"supabase/migrations/1.sql",
          "create table issues (id uuid, user_id uuid references auth.users, text "
          "text);\nalter table issues enable row level security;\n"}});
  };
  EXPECT_FALSE(said(action(".eq('user_id', profile.id)"), "AZ-001"));
}

TEST(Bodies, OfNestAreAskedForSumsAndRanks) {
  const auto app = [](const std::string& dto, const std::string& field) {
    return audited(
        {{"a/dto/body.dto.ts", "export class " + dto + " {\n  name: string;\n  " + field + ";\n}\n"},
         {"a/a.controller.ts",
          "import { Controller, Post, Body } from '@nestjs/common';\nimport { " + dto +
              " } from './dto/body.dto';\n@Controller('auth')\nexport class A {\n  constructor(private s: "
              "S) {}\n  @Post('register')\n  go(@Body() b: " +
              dto + ") {\n    const { role } = b;\n    return this.s.go({ role: role || 'client' });\n  }\n}\n"}});
  };
  EXPECT_TRUE(said(app("RegisterDto", "role?: 'admin' | 'client'"), "AZ-007:3"));
  EXPECT_FALSE(said(app("RegisterDto", "city?: string"), "AZ-007"));
  EXPECT_TRUE(said(app("CreateReservationDto", "total_price: number"), "PAY-001:3"));
  EXPECT_FALSE(said(app("CreateProductDto", "total_price: number"), "PAY-001"));
}

TEST(Pieces, WithinPiecesAreFollowedAndToAnEnd) {
  const auto nested = [](int depth) {
    std::string code = "exports.f = (req, res) => {\n  const { cart } = req.body;\n", end;
    for (int i = 0; i < depth; ++i) {
      code += (i == 0 ? std::string("cart") : "i" + std::to_string(i - 1)) + ".map((i" + std::to_string(i) + ") => {\n";
      end += "});";
    }
    return audited(
        {{"f.js", code + "total += p.price * i" + std::to_string(depth - 1) + ".quantity;\n" + end + "\n};\n"}});
  };
  EXPECT_TRUE(said(nested(2), "PAY-001"));
  // Every name in the scopes of all the others: asked up to a bound, and the file is read to its end all the same.
  EXPECT_FALSE(said(nested(40), "GAP-001"));
}

TEST(Queries, OfExpressFiveAreTextUnlessTheParserIsChosen) {
  const auto app = [](const std::string& version, const std::string& from, const std::string& more = "") {
    return audited({{"package.json", "{\"dependencies\":{\"express\":\"" + version + "\",\"mongoose\":\"8.9.5\"}}"},
                    {"app.js", "const express = require('express');\nconst app = express();\n" + more +
                                   "app.get('/leave', auth, async (req, res) => {\n  const { day } = " + from +
                                   ";\n  res.json(await Leave.findOne({ owner: req.user.id, day }));\n});\n"}});
  };
  EXPECT_TRUE(said(app("^4.21.0", "req.query"), "EX-015:5"));
  EXPECT_FALSE(said(app("^5.2.1", "req.query"), "EX-015"));
  EXPECT_TRUE(said(app("^5.2.1", "req.query", "app.set('query parser', 'extended');\n"), "EX-015:6"));
  EXPECT_TRUE(said(app("^5.2.1", "req.body"), "EX-015:5"));
}

TEST(Pieces, OfWhatAClientSendsAreTheClientsToo) {
  const auto sum = [](const std::string& over) {
    return audited(
        {{"app/api/pay/route.ts",
          "export async function POST(req: Request) {\n  const { cart } = await req.json();\n  const prices = "
          "await load();\n  " +
              over + "\n  return Response.json({ total });\n}\nasync function load() {}\n"}});
  };
  EXPECT_TRUE(said(sum("const total = cart.reduce((s, i) => s + prices[i.id].price * i.quantity, 0);"), "PAY-001:4"));
  EXPECT_TRUE(
      said(sum("let total = 0;\n  for (const i of cart) total += prices[i.id].price * i.quantity;"), "PAY-001:5"));
  EXPECT_FALSE(said(sum("const total = stored.reduce((s, i) => s + prices[i.id].price * i.quantity, 0);"), "PAY-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source
