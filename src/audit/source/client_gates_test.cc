// Doors that stand in the visitor's own browser, and handlers that believe what a request says of itself.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> browser(const std::string& code) {
  return audited(
      {{"package.json", R"({"dependencies":{"vite":"6.4.1","react":"19.0.0"}})"}, {"src/pages/Door.tsx", code}});
}

TEST(ClientGates, WhatTheBrowserKeepsLetsNobodyIn) {
  EXPECT_TRUE(said(browser("export const Door = ({ children }) => {\n"
                           "  if (localStorage.getItem('isAdmin') !== 'true') return null;\n  return children;\n};\n"),
                   "AZ-003:2"));
  EXPECT_TRUE(said(browser("export const Door = ({ children }) => {\n"
                           "  const me = JSON.parse(localStorage.getItem('user') || 'null');\n"
                           "  return me.role === 'admin' ? children : null;\n};\n"),
                   "AZ-003:3"));
  EXPECT_FALSE(said(browser("export const Door = () => {\n  const theme = localStorage.getItem('theme');\n"
                            "  return theme === 'dark' ? 1 : 2;\n};\n"),
                    "AZ-003"));
}

TEST(ClientGates, APasswordIsNotComparedWhereItIsTyped) {
  EXPECT_TRUE(said(browser("export const open = (pw: string) => {\n  return pw === 'rosebud7';\n};\n"), "SEC-017:2"));
  EXPECT_FALSE(said(browser("export const kind = (pw: { type: string }) => pw.type === 'password';\n"), "SEC-017"));
  EXPECT_FALSE(
      said(browser("export const same = (password: string, again: string) => password === again;\n"), "SEC-017"));
}

TEST(ClientGates, TheBrowserWritesNeitherRightsNorPayments) {
  const std::string head = "import { supabase } from '../lib/client';\nexport const pay = async (id: string) => {\n";
  EXPECT_TRUE(said(browser(head + "  await supabase.from('orders').update({ status: 'paid' }).eq('id', id);\n};\n"),
                   "PAY-002:3"));
  EXPECT_TRUE(said(browser(head + "  await supabase.from('profiles').update({ is_premium: true }).eq('id', id);\n};\n"),
                   "PAY-002:3"));
  EXPECT_FALSE(
      said(browser(head + "  await supabase.from('orders').update({ note: 'soon' }).eq('id', id);\n};\n"), "PAY-002"));
}

std::vector<std::string> next(const std::string& path, const std::string& code) {
  return audited({{"package.json", R"({"dependencies":{"next":"15.5.9"}})"}, {path, code}});
}

TEST(Middleware, ThatACookieIsThereSaysNothing) {
  const std::string head =
      "import { NextResponse } from 'next/server';\nexport function middleware(request) {\n"
      "  const token = request.cookies.get('token')?.value;\n";
  const std::string tail = "    return NextResponse.redirect(new URL('/login', request.url));\n}\n";
  EXPECT_TRUE(said(next("middleware.ts", head + "  if (!token)\n" + tail), "JWT-001:3"));
  EXPECT_FALSE(said(next("middleware.ts", head + "  if (!token || !verifyJwt(token))\n" + tail), "JWT-001"));
}

TEST(ScheduledJobs, AskForTheirSecretEvenWhenThereIsNone) {
  const std::string head = "import { db } from '@/lib/db';\nexport async function GET(req: Request) {\n";
  const std::string tail = "  await db.session.deleteMany({ where: { old: true } });\n  return Response.json({});\n}\n";
  EXPECT_TRUE(said(next("app/api/cron/tidy/route.ts", head + tail), "NX-002:2"));
  const std::string question =
      "req.headers.get('authorization') !== `Bearer ${process.env.CRON_SECRET}`)\n"
      "    return new Response(null, { status: 401 });\n";
  EXPECT_TRUE(said(next("app/api/cron/tidy/route.ts", head + "  if (process.env.CRON_SECRET && " + question + tail),
                   "EX-021:3"));
  // "Bearer undefined" passes where nobody set it.
  EXPECT_TRUE(said(next("app/api/cron/tidy/route.ts", head + "  if (" + question + tail), "EX-021:3"));
  const auto sound = next("app/api/cron/tidy/route.ts", "if (!process.env.CRON_SECRET) throw new Error('unset');\n" +
                                                            head + "  if (" + question + tail);
  EXPECT_FALSE(said(sound, "EX-021"));
  EXPECT_FALSE(said(sound, "NX-002"));
}

TEST(Origins, ALinkInAMailLeadsHome) {
  const auto with = [](const std::string& base) {
    return next("app/api/forgot/route.ts",
                "import { sendMail } from '@/lib/mail';\n"
                "export async function POST(req: Request) {\n"
                "  const { email } = await req.json();\n  const base = " +
                    base +
                    ";\n  await sendMail(email, `${base}/reset?token=${make()}`);\n"
                    "  return Response.json({});\n}\n");
  };
  EXPECT_TRUE(said(with("req.headers.get('host')"), "FA-006:4"));
  EXPECT_FALSE(said(with("process.env.APP_URL"), "FA-006"));
}

TEST(Webhooks, ADifferentSignatureTurnsTheEventAway) {
  const auto with = [](const std::string& then) {
    return next("app/api/polar/route.ts",
                "import crypto from 'crypto';\nimport { db } from '@/lib/db';\n"
                "export async function POST(req: Request) {\n  const raw = await req.text();\n"
                "  const sent = req.headers.get('x-signature');\n"
                "  const digest = crypto.createHmac('sha256', process.env.KEY).update(raw).digest('hex');\n"
                "  if (digest !== sent) {\n    " +
                    then +
                    "\n  }\n  await db.plan.update({ where: { id: JSON.parse(raw).id }, data: { on: true } });\n"
                    "  return Response.json({});\n}\n");
  };
  EXPECT_TRUE(said(with("console.warn('odd');"), "EX-021:7"));
  EXPECT_FALSE(said(with("return new Response('no', { status: 401 });"), "EX-021"));
}

TEST(Logs, WhatStripeTellsOfSomebodyStaysOutOfTheLog) {
  EXPECT_TRUE(said(next("app/api/pay/route.ts",
                        "export async function POST(req: Request) {\n"
                        "  const order = event.data.object as Stripe.Checkout.Session;\n"
                        "  console.log(order);\n}\n"),
                   "LOG-001:3"));
  EXPECT_FALSE(said(next("app/api/pay/route.ts",
                         "export async function POST(req: Request) {\n"
                         "  const order = event.data.object as Stripe.Checkout.Session;\n"
                         "  console.log(order.id);\n}\n"),
                    "LOG-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source
