// How faults really look: each style found, each harmless neighbour left alone. Long, as it is a list.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "audit/source/pack.h"

namespace gatehouse::audit::source {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;

// "DJ-012:4" for each finding, in no promised order.
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

const std::string kSettings =
    "INSTALLED_APPS = ['django.contrib.sessions']\nMIDDLEWARE = ['django.middleware.security.SecurityMiddleware',"
    " 'django.middleware.csrf.CsrfViewMiddleware', 'django.middleware.clickjacking.XFrameOptionsMiddleware']\n";

TEST(DjangoSettings, DebugIsFoundThroughEveryWayOfReadingTheEnvironment) {
  for (const char* line :
       {"DEBUG = True\n", "DEBUG = os.getenv('DEBUG', True)\n", "DEBUG = os.environ.get('DEBUG', 'True') == 'True'\n",
        "DEBUG = config('DEBUG', default=True, cast=bool)\n", "DEBUG = env.bool('DEBUG', True)\n",
        "DEBUG = os.getenv('DEBUG', 'true').lower() in ('1', 'true')\n", "DEBUG = bool(os.getenv('DEBUG', 'False'))\n",
        "env = environ.Env(DEBUG=(bool, True))\nDEBUG = env('DEBUG')\n"})
    EXPECT_TRUE(has(audit({{"app/settings.py", line + kSettings}}), "DJ-012")) << line;
  for (const char* line : {"DEBUG = False\n", "DEBUG = os.getenv('DEBUG', 'False') == 'True'\n",
                           "DEBUG = config('DEBUG', default=False, cast=bool)\n",
                           "DEBUG = env.bool('DEBUG', default=False)\n", "DEBUG = os.getenv('DEBUG', '0') == '1'\n"})
    EXPECT_FALSE(has(audit({{"app/settings.py", line + kSettings}}), "DJ-012")) << line;
}

TEST(DjangoSettings, EveryDeployCheckOfDjangoIsAnsweredWithoutImportingTheProject) {
  const std::string all_wrong =
      "DEBUG = True\nSECRET_KEY = 'django-insecure-x'\nALLOWED_HOSTS = []\nMIDDLEWARE = ['x.Y']\nINSTALLED_APPS = "
      "['django.contrib.sessions']\n"
      "SECURE_CONTENT_TYPE_NOSNIFF = False\nSESSION_COOKIE_HTTPONLY = False\nSECURE_REFERRER_POLICY = 'unsafe-url'\n"
      "SECURE_CROSS_ORIGIN_OPENER_POLICY = 'nothing'\nX_FRAME_OPTIONS = 'SAMEORIGIN'\n";
  const auto found = audit({{"app/settings.py", all_wrong}});
  // W001 W002 W003 W004 W006 W008 W009 W010-12 W013-15 W018 W019 W020 W022/E023 E024
  for (const char* id : {"DJ-001", "DJ-002", "DJ-003", "DJ-004", "DJ-006", "DJ-007", "DJ-008", "DJ-009", "DJ-010",
                         "DJ-012", "DJ-013", "DJ-014", "DJ-015"})
    EXPECT_TRUE(has(found, id)) << id;
  // W005 W021 need HSTS, W016 the CSRF middleware.
  const auto rest = audit({{"app/settings.py", "SECURE_HSTS_SECONDS = 60\n" + kSettings}});
  EXPECT_TRUE(has(rest, "DJ-005"));
  EXPECT_TRUE(has(rest, "DJ-011"));
}

TEST(DjangoSettings, ProductionFilesAnswerForTheCommonOnesAndDevelopmentFilesAreNotCharged) {
  const Texts texts = {{"config/settings/base.py", "DEBUG = False\nSESSION_COOKIE_SECURE = False\n" + kSettings},
                       {"config/settings/production.py", "from .base import *\nSESSION_COOKIE_SECURE = True\n"},
                       {"config/settings/local.py", "from .base import *\nDEBUG = True\nALLOWED_HOSTS = ['*']\n"}};
  const auto found = audit(texts);
  EXPECT_FALSE(has(found, "DJ-009"));
  EXPECT_FALSE(has(found, "DJ-012"));
  EXPECT_FALSE(has(found, "DJ-013"));
}

TEST(Nest, DecoratorsSayWhoMayCall) {
  const std::string head =
      "import { Controller, Get, Delete, Post, Param, Body, Req, UseGuards } from \"@nestjs/common\";\n"
      "@Controller(\"invoices\")\nexport class Invoices {\n"
      "  @UseGuards(SessionGuard)\n  @Get(\"mine\")\n  mine(@Req() req: any) { return this.store.of(req.user.id); }\n";
  const auto with = [&](const std::string& method) { return audit({{"src/invoices.ts", head + method + "}\n"}}); };
  EXPECT_TRUE(
      has(with("  @Delete(\":id\")\n  drop(@Param(\"id\") id: string) { return this.store.drop(id); }\n"), "EX-023"));
  const auto guarded = with(
      "  @UseGuards(SessionGuard)\n  @Delete(\":id\")\n  drop(@Param(\"id\") id: string) { return this.store.drop(id); "
      "}\n");
  EXPECT_FALSE(has(guarded, "EX-023"));
  EXPECT_TRUE(has(guarded, "AZ-001"));
  EXPECT_FALSE(
      has(with("  @UseGuards(SessionGuard)\n  @Delete(\":id\")\n  drop(@Param(\"id\") id: string, @CurrentUser() who: "
               "User) { return this.store.drop(id, who.id); }\n"),
          "AZ-001"));
  EXPECT_FALSE(has(with("  @Public()\n  @Post(\"quote\")\n  quote(@Body() b: Quote) { return this.store.quote(b); }\n"),
                   "EX-023"));
  EXPECT_TRUE(
      has(with("  @Post(\"webhook\")\n  hook(@Body() event: any) { return this.store.settle(event); }\n"), "EX-018"));
}

TEST(Hono, AGuardOverAFolderOfPathsHoldsAndIdsOfTheContextAreFollowed) {
  const std::string head =
      "import { Hono } from \"hono\";\nimport { jwt } from \"hono/jwt\";\nconst app = new Hono();\n"
      "app.use(\"/orders/*\", jwt({ secret: process.env.KEY! }));\n";
  const auto with = [&](const std::string& route) { return audit({{"src/app.ts", head + route + "\n"}}); };
  const std::string by_id =
      "app.get(\"/orders/:id\", async (c) => c.json(await db.order.findFirst({ where: { id: c.req.param(\"id\")";
  const auto open = with(by_id + " } })));");
  EXPECT_TRUE(has(open, "AZ-001"));
  EXPECT_FALSE(has(open, "EX-023"));
  EXPECT_FALSE(has(with(by_id + ", ownerId: c.get(\"jwtPayload\").sub } })));"), "AZ-001"));
  EXPECT_TRUE(
      has(with("app.post(\"/orders\", async (c) => c.json(await db.order.create({ data: await c.req.json() })));"),
          "AZ-007"));
  EXPECT_FALSE(has(with("app.post(\"/orders\", async (c) => c.json(await db.order.create({ data: Shape.parse(await "
                        "c.req.json()) })));"),
                   "AZ-007"));
}

TEST(Layers, ARepositoryThatTakesANumberIsFollowedToItsCallers) {
  const std::string route =
      "from fastapi import APIRouter\nfrom app.security import Caller\nrouter = APIRouter()\n"
      "@router.get('/notes/{note_id}')\nasync def read(note_id: int, caller: Caller):\n    return await ";
  const std::string security =
      "from typing import Annotated\nfrom fastapi import Depends\nclass Principal:\n    def __init__(self, "
      "authorization: str):\n        self.id = jwt.decode(authorization, KEY, algorithms=['RS256'])['sub']\n"
      "Caller = Annotated[Principal, Depends()]\n";
  const std::string store =
      "class Notes:\n    async def load(self, note_id):\n        return await self.session.get(Note, note_id)\n"
      "    async def load_of(self, note_id, owner):\n        return await self.session.execute(select(Note).where("
      "Note.id == note_id, Note.owner_id == owner))\n";
  const auto with = [&](const std::string& call) {
    return audit({{"app/notes.py", route + call}, {"app/security.py", security}, {"app/store.py", store}});
  };
  EXPECT_TRUE(has(with("store.load(note_id)\n"), "AZ-001"));
  EXPECT_FALSE(has(with("store.load_of(note_id, caller.id)\n"), "AZ-001"));
  EXPECT_FALSE(has(with("render(note_id)\n"), "AZ-001"));
  // Nobody is known to have signed in: another question.
  EXPECT_FALSE(has(audit({{"app/notes.py", route + "store.load(note_id)\n"}, {"app/store.py", store}}), "AZ-001"));
}

TEST(Layers, ADjangoServiceIsFollowedThroughItsRepository) {
  const std::string urls =
      "from django.urls import path\nurlpatterns = [path('orders/<int:pk>/', OrderDetail.as_view())]\n";
  const std::string view =
      "from rest_framework.views import APIView\nclass OrderDetail(APIView):\n    permission_classes = "
      "[IsAuthenticated]\n    def get(self, request, pk):\n        return Response(OrderService().";
  const std::string service =
      "class OrderService:\n    def show(self, pk):\n        return self.repo.by_pk(pk)\n    def mine(self, who, pk):\n"
      "        return self.repo.for_owner(who, pk)\n";
  const std::string repository =
      "class OrderRepository:\n    def by_pk(self, pk):\n        return "
      "Order.objects.select_related('owner').get(pk=pk)\n    def for_owner(self, owner, pk):\n        return "
      "Order.objects.get(pk=pk, owner=owner)\n";
  const auto with = [&](const std::string& call) {
    return audit({{"orders/urls.py", urls},
                  {"orders/api.py", view + call + ")\n"},
                  {"orders/services.py", service},
                  {"orders/repository.py", repository}});
  };
  EXPECT_TRUE(has(with("show(pk)"), "AZ-001"));
  EXPECT_FALSE(has(with("mine(request.user, pk)"), "AZ-001"));
}

TEST(Layers, AMethodIsThatOfItsClassWhateverElseBearsItsName) {
  const std::string services =
      "class Orders:\n    def load(self, order_id):\n        return self.session.get(Order, order_id)\n"
      "class Tickets:\n    def load(self, order_id, owner):\n        return self.session.execute(select(Ticket).where("
      "Ticket.id == order_id, Ticket.owner_id == owner))\n"
      "def tickets() -> Tickets:\n    return Tickets()\n";
  const auto with = [&](const std::string& parameter, const std::string& call) {
    return audit({{"app/api.py",
                   "from fastapi import APIRouter, Depends\nfrom app.services import Orders, tickets\nrouter = "
                   "APIRouter()\n@router.get('/orders/{order_id}', dependencies=[Depends(get_current_user)])\n"
                   "def read(order_id: int, " +
                       parameter + "):\n    return service." + call + "\n"},
                  {"app/services.py", services}});
  };
  EXPECT_TRUE(has(with("service: Orders = Depends()", "load(order_id)"), "AZ-001"));
  EXPECT_FALSE(has(with("service=Depends(tickets)", "load(order_id)"), "AZ-001"));
}

TEST(Layers, WhatAClientSendsIsFollowedIntoServices) {
  const auto with = [&](const std::string& body, const std::string& service) {
    return audit({{"app/api.py",
                   "from fastapi import APIRouter, Depends\nfrom app.orders import create_order\nrouter = APIRouter()\n"
                   "@router.post('/orders', dependencies=[Depends(get_current_user)])\ndef create(data: " +
                       body + "):\n    return create_order(data)\n"},
                  {"app/orders.py", "def create_order(data):\n    " + service + "\n"}});
  };
  EXPECT_TRUE(has(with("dict", "return save(Order(**data))"), "AZ-007"));
  EXPECT_FALSE(has(with("dict", "return save(OrderCreate(**data))"), "AZ-007"));
  EXPECT_FALSE(has(with("OrderIn", "return save(Order(**data))"), "AZ-007"));
  EXPECT_TRUE(has(with("dict", "for k, v in data.items():\n        setattr(order, k, v)"), "AZ-007"));
  EXPECT_FALSE(has(
      with("dict", "for k, v in data.items():\n        if k in ('name', 'note'):\n            setattr(order, k, v)"),
      "AZ-007"));
  EXPECT_TRUE(has(with("OrderIn", "return save(Order(owner=data.user_id))"), "AZ-002"));
  EXPECT_FALSE(has(with("OrderIn", "if data.user_id != current().id:\n        raise Forbidden()"), "AZ-002"));
}

TEST(Owners, AModelThatPointsToPeopleIsSomebodysWhateverItsFieldIsCalled) {
  const auto with = [&](const std::string& key) {
    return audit({{"app/models.py",
                   "class Runner(Base):\n    __tablename__ = 'users'\n    id = mapped_column(Integer)\n"
                   "class Lap(Base):\n    __tablename__ = 'laps'\n    racer = mapped_column(ForeignKey('" +
                       key + ".id'))\n"},
                  {"app/api.py",
                   "from fastapi import APIRouter, Depends\nrouter = APIRouter()\n@router.get('/laps/{lap_id}', "
                   "dependencies=[Depends(get_current_user)])\ndef read(lap_id: int):\n    return session.get(Lap, "
                   "lap_id)\n"}});
  };
  EXPECT_TRUE(has(with("users"), "AZ-001"));
  EXPECT_FALSE(has(with("tracks"), "AZ-001"));
}

TEST(Owners, ToLogTheCallerIsNotToAskWhoseRecordItIs) {
  const auto with = [&](const std::string& more) {
    return audit({{"app/api.py",
                   "from fastapi import APIRouter, Depends\nrouter = APIRouter()\n@router.delete('/notes/{note_id}')\n"
                   "def remove(note_id: int, user=Depends(get_current_user)):\n    note = session.get(Note, note_id)\n"
                   "    " +
                       more + "\n    session.delete(note)\n"}});
  };
  EXPECT_TRUE(has(with("logger.info('%s removes %s', user.id, note_id)"), "AZ-001"));
  EXPECT_FALSE(has(with("if note.by != user.id:\n        raise HTTPException(404)"), "AZ-001"));
}

TEST(Django, AViewThatARouterRegistersIsReached) {
  const auto with = [&](const std::string& permission) {
    return audit({{"shop/urls.py",
                   "from django.urls import path\nfrom rest_framework.routers import DefaultRouter\nrouter = "
                   "DefaultRouter()\nrouter.register('products', ProductViewSet)\nurlpatterns = [path('me/', "
                   "Me.as_view())]\n"},
                  {"shop/views.py",
                   "from rest_framework import viewsets\nclass ProductViewSet(viewsets.ModelViewSet):\n    queryset = "
                   "Product.objects.all()\n    permission_classes = [" +
                       permission + "]\nclass Me(APIView):\n    permission_classes = [IsAuthenticated]\n"}});
  };
  EXPECT_TRUE(has(with("AllowAny"), "DJ-036"));
  EXPECT_FALSE(has(with("IsAdminUser"), "DJ-036"));
}

TEST(Webhooks, AHandlerThatReadsAProvidersSignatureIsOneWhateverItsAddress) {
  const std::string head =
      "export async function POST(req) {\n  const sig = headers().get('stripe-signature');\n  let event = ";
  const auto found = audit({{"app/api/stripe/route.ts",
                             head + "await req.json();\n  if (sig) {\n    event = stripe.webhooks.constructEvent(raw, "
                                    "sig, SECRET);\n  }\n  await db.order.update({ paid: true });\n}\n"}});
  EXPECT_TRUE(has(found, "EX-021"));
  const auto good = audit(
      {{"app/api/stripe/route.ts", head + "stripe.webhooks.constructEvent(await req.text(), sig, SECRET);\n  await "
                                          "db.order.update({ paid: event.id });\n}\n"}});
  EXPECT_FALSE(has(good, "EX-021"));
  EXPECT_FALSE(has(good, "EX-018"));
}

TEST(Actions, WhatAServerActionIsGivenComesFromTheClient) {
  const std::string head =
      "\"use server\";\nexport async function buy(amount: number, form: FormData) {\n  const user = await "
      "currentUser();\n  await ";
  const auto charge = [&](const std::string& value) {
    return audit({{"app/actions.ts", head + "stripe.paymentIntents.create({ amount: " + value + " });\n}\n"}});
  };
  EXPECT_TRUE(has(charge("amount * 100"), "PAY-001"));
  EXPECT_FALSE(has(charge("plan.cents"), "PAY-001"));
  EXPECT_TRUE(has(audit({{"app/actions.ts", head + "db.from('p').update(Object.fromEntries(form));\n}\n"}}), "AZ-007"));
  EXPECT_FALSE(
      has(audit({{"app/actions.ts", head + "db.from('p').update(Shape.parse(Object.fromEntries(form)));\n}\n"}}),
          "AZ-007"));
  const std::string page =
      "export default async function Page({ searchParams }) {\n  await db.from('p').update({ plan: ";
  EXPECT_TRUE(has(audit({{"app/thanks/page.tsx", page + "searchParams.plan });\n}\n"}}), "NX-003"));
  EXPECT_FALSE(has(audit({{"app/thanks/page.tsx", page + "'seen' });\n  show(searchParams.tab);\n}\n"}}), "NX-003"));
}

TEST(Hazards, AClientInAVariableFetchesAndAJoinedPathOpens) {
  const std::string head = "from fastapi import FastAPI\nimport httpx, os\napp = FastAPI()\n@app.post('/x')\n";
  EXPECT_TRUE(has(audit({{"m.py", head + "async def x(url: str):\n    async with httpx.AsyncClient() as web:\n        "
                                         "return await web.get(url)\n"}}),
                  "EX-013"));
  EXPECT_FALSE(has(audit({{"m.py", head + "async def x(url: str):\n    with cache() as web:\n        return "
                                          "web.get(url)\n"}}),
                   "EX-013"));
  const auto kept = [&](const std::string& name) {
    return audit({{"m.py", head + "async def x(file: UploadFile):\n    path = os.path.join('/srv', " + name +
                               ")\n    with open(path, 'wb') as out:\n        out.write(await file.read())\n"}});
  };
  EXPECT_TRUE(has(kept("file.filename"), "FA-018"));
  EXPECT_FALSE(has(kept("secure_filename(file.filename)"), "FA-018"));
}

TEST(Webhooks, EveryWayAroundTheProofIsFound) {
  const std::string head =
      "app = FastAPI()\n@app.post('/webhooks/stripe')\nasync def stripe_webhook(request: Request):\n    payload = "
      "await request.body()\n";
  const std::string tail = "    await db.execute('UPDATE orders SET paid = true')\n    return {}\n";
  const auto with = [&](const std::string& middle) {
    return audit({{"main.py", "from fastapi import FastAPI, Request\n" + head + middle + tail}});
  };
  EXPECT_TRUE(has(with("    event = json.loads(payload)\n"), "EX-018"));
  EXPECT_TRUE(has(with("    # stripe.Webhook.construct_event(payload)\n    event = json.loads(payload)\n"), "EX-018"));
  EXPECT_TRUE(has(with("    if SECRET:\n        event = stripe.Webhook.construct_event(payload, sig, SECRET)\n    "
                       "else:\n        event = json.loads(payload)\n"),
                  "EX-021"));
  EXPECT_TRUE(has(with("    event = json.loads(payload)\n    if sig:\n        stripe.Webhook.construct_event(payload, "
                       "sig, SECRET)\n"),
                  "EX-021"));
  EXPECT_TRUE(has(with("    if SECRET and not verify_signature(payload, sig):\n        raise HTTPException(400)\n    "
                       "event = json.loads(payload)\n"),
                  "EX-021"));
  const auto good = with(
      "    if not sig:\n        raise HTTPException(400)\n    try:\n        event = "
      "stripe.Webhook.construct_event(payload, sig, SECRET)\n"
      "    except ValueError:\n        raise HTTPException(400)\n    if await seen(event['id']):\n        return {}\n");
  EXPECT_FALSE(has(good, "EX-018"));
  EXPECT_FALSE(has(good, "EX-021"));
}

TEST(Webhooks, AHelperInAnotherFileProvesAndIsJudgedItself) {
  const std::string route =
      "import { Router } from 'express';\nimport { checkEvent } from '../lib/events';\nconst router = Router();\n"
      "router.post('/webhook', (req, res) => { const event = checkEvent(req.body, req.headers); res.json({}); });\n";
  const auto good = audit({{"src/lib/events.ts",
                            "export function checkEvent(body, headers) { return stripe.webhooks.constructEvent(body, "
                            "headers['stripe-signature'], secret); }\n"},
                           {"src/routes/stripe.ts", route}});
  EXPECT_FALSE(has(good, "EX-018"));
  const auto bad =
      audit({{"src/lib/events.ts", "export function checkEvent(body, headers) { return JSON.parse(body); }\n"},
             {"src/routes/stripe.ts", route}});
  EXPECT_TRUE(has(bad, "EX-018"));
  const auto lax = audit({{"src/lib/verify.ts",
                           "export function verifyWebhook(body, signature, secret) {\n  if (!secret) return true;\n"
                           "  return crypto.timingSafeEqual(hmac(body, secret), signature);\n}\n"}});
  EXPECT_TRUE(has(lax, "EX-021:2"));
}

TEST(Express, GuardsAreFollowedFromTheMountToTheRoutesOfAnotherFile) {
  const std::string users =
      "const router = require('express').Router();\nrouter.get('/me', (req, res) => res.json({}));\n"
      "router.delete('/:id', (req, res) => res.json({}));\nmodule.exports = router;\n";
  const std::string other =
      "const router = require('express').Router();\nrouter.post('/orders', requireAuth, (req, res) => "
      "res.json({}));\nmodule.exports = router;\n";
  const auto app = [](const std::string& mount) {
    return "const express = require('express');\nconst helmet = require('helmet');\nconst app = "
           "express();\napp.use(helmet());\n"
           "app.use(rateLimit());\nconst users = require('./routes/users');\napp.use('/o', "
           "require('./routes/orders'));\n" +
           mount;
  };
  const auto open = audit({{"src/app.js", app("app.use('/users', users);\n")},
                           {"src/routes/users.js", users},
                           {"src/routes/orders.js", other}});
  EXPECT_TRUE(has(open, "EX-023:2"));
  EXPECT_TRUE(has(open, "EX-023:3"));
  const auto closed = audit({{"src/app.js", app("app.use('/users', requireAuth, users);\n")},
                             {"src/routes/users.js", users},
                             {"src/routes/orders.js", other}});
  EXPECT_FALSE(has(closed, "EX-023"));
}

TEST(FastApi, GuardsOnRoutersAliasesAndMountsCount) {
  const auto router = [](const std::string& made, const std::string& parameters) {
    return "from fastapi import APIRouter, Depends\nrouter = " + made +
           "\n@router.delete('/{item_id}')\nasync def remove(item_id: int" + parameters + "):\n    pass\n" +
           "@router.get('/mine')\nasync def mine(user=Depends(get_current_user)):\n    return user\n";
  };
  EXPECT_TRUE(has(audit({{"api/items.py", router("APIRouter()", "")}}), "FA-003:3"));
  EXPECT_FALSE(has(audit({{"api/items.py", router("APIRouter(dependencies=[Depends(require_user)])", "")}}), "FA-003"));
  EXPECT_FALSE(has(audit({{"api/items.py", router("APIRouter()", ", user: CurrentUser")}}), "FA-003"));
  EXPECT_FALSE(
      has(audit({{"api/items.py", router("APIRouter()", ", user: Annotated[User, Depends(get_user)]")}}), "FA-003"));
  EXPECT_TRUE(has(audit({{"api/items.py", router("APIRouter()", ", db=Depends(get_db)")}}), "FA-003:3"));
}

TEST(Sql, BuiltFromInputIsFoundAndParametersAreNot) {
  const auto query = [](const std::string& call) {
    return audit({{"db.py", "TABLE = 'users'\ndef find(cursor, name):\n    " + call + "\n"}});
  };
  EXPECT_TRUE(has(query("cursor.execute(f\"SELECT * FROM users WHERE name = '{name}'\")"), "FA-017"));
  EXPECT_TRUE(has(query("cursor.execute(\"SELECT * FROM users WHERE name = '\" + name + \"'\")"), "FA-017"));
  EXPECT_TRUE(has(query("cursor.execute(\"SELECT * FROM users WHERE name = '%s'\" % name)"), "FA-017"));
  EXPECT_FALSE(has(query("cursor.execute(\"SELECT * FROM users WHERE name = %s\", [name])"), "FA-017"));
  EXPECT_FALSE(has(query("cursor.execute(f\"SELECT * FROM {TABLE} WHERE name = %s\", [name])"), "FA-017"));
  const auto node = audit({{"db.ts",
                            "export const a = (id) => db.query(`SELECT a FROM t WHERE id = ${id}`);\nexport const b = "
                            "(id) => sql`SELECT a FROM t WHERE id = ${id}`;\n"}});
  EXPECT_TRUE(has(node, "EX-020:1"));
  EXPECT_FALSE(has(node, "EX-020:2"));
}

TEST(Cookies, JsonWithoutASignatureIsFoundInEveryForm) {
  EXPECT_TRUE(has(
      audit({{"app/api/login/route.ts",
              "export async function POST() { cookies().set('session', JSON.stringify({ id: user.id }), opts); }\n"}}),
      "DJ-024"));
  EXPECT_TRUE(has(audit({{"a.js", "res.cookie('user', Buffer.from(JSON.stringify(user)).toString('base64'), {});\n"}}),
                  "DJ-024"));
  EXPECT_TRUE(has(
      audit({{"views.py", "def login(request):\n    response.set_cookie('session', json.dumps({'id': user.id}))\n"}}),
      "DJ-024"));
  EXPECT_FALSE(has(audit({{"a.js", "res.cookie('session', sign(JSON.stringify(user), key), {});\n"}}), "DJ-024"));
  EXPECT_FALSE(has(audit({{"a.js", "res.cookie('theme', JSON.stringify(theme), {});\n"}}), "DJ-024"));
}

TEST(Errors, TextOfExceptionsIsFoundUnlessOnlyDevelopersSeeIt) {
  EXPECT_TRUE(
      has(audit({{"a.js", "app.use((err, req, res, next) => { res.status(500).json({ error: err.message }); });\n"}}),
          "EX-010"));
  EXPECT_FALSE(has(audit({{"a.js",
                           "app.use((err, req, res, next) => { res.status(500).json({ error: process.env.NODE_ENV === "
                           "'production' ? 'x' : err.message }); });\n"}}),
                   "EX-010"));
  EXPECT_FALSE(
      has(audit({{"a.js",
                  "app.use((err, req, res, next) => { log(err); res.status(500).json({ error: 'internal' }); });\n"}}),
          "EX-010"));
}

TEST(Frontend, PublicKeysAreLeftAloneAndServerKeysAreNot) {
  const auto found = audit(
      {{"src/main.ts",
        "const a = import.meta.env.VITE_STRIPE_PUBLISHABLE_KEY;\nconst b = import.meta.env.VITE_SUPABASE_ANON_KEY;\n"
        "const c = import.meta.env.VITE_FAL_KEY;\nconst d = import.meta.env.VITE_CLERK_PUBLISHABLE_KEY;\nconst e = "
        "process.env.NEXT_PUBLIC_STRIPE_SECRET;\n"}});
  EXPECT_TRUE(has(found, "SEC-004:3"));
  EXPECT_TRUE(has(found, "SEC-004:5"));
  EXPECT_FALSE(has(found, "SEC-004:1"));
  EXPECT_FALSE(has(found, "SEC-004:2"));
  EXPECT_FALSE(has(found, "SEC-004:4"));
}

TEST(Documents, AClaimIsAFindingOnlyWhenTheCodeSaysOtherwise) {
  const std::string claims =
      "# Security\n\n- [x] Debug is off in production\n- [ ] Rate limiting on sign-in\n- [x] Passwords are hashed with "
      "bcrypt\n";
  EXPECT_TRUE(has(audit({{"SECURITY.md", claims}, {"app/settings.py", "DEBUG = True\n" + kSettings}}), "DOC-001:3"));
  const auto quiet = audit({{"SECURITY.md", claims}});
  EXPECT_TRUE(quiet.empty());
}

TEST(Tests, AndFixturesAreNotCharged) {
  EXPECT_TRUE(
      audit({{"tests/test_views.py", "DEBUG = True\ndef stripe_webhook(request):\n    json.loads(request.body)\n"},
             {"src/app.test.ts", "eval(x);\n"}})
          .empty());
}

}  // namespace
}  // namespace gatehouse::audit::source
