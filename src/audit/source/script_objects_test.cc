// What a provider or a ledger keeps, named by the client.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> handler(const std::string& code) {
  return audited({{"package.json", R"({"dependencies":{"next":"15.5.9"}})"},
                  {"pages/api/plan.ts",
                   "import { getServerSession } from 'next-auth/next';\nimport prisma from '@/lib/prisma';\n"
                   "import { stripe } from '@/lib/stripe';\n"
                   "export default async function handler(req, res) {\n"
                   "  const session = await getServerSession(req, res, options);\n"
                   "  if (!session?.user?.id) return res.status(401).json({});\n" +
                       code + "  return res.status(200).json({ done: true });\n}\n"}});
}

TEST(ProviderObjects, AreNamedByWhoOwnsThem) {
  const std::string take = "  const { subscriptionId } = req.body;\n";
  EXPECT_TRUE(
      said(handler(take + "  await stripe.subscriptions.update(subscriptionId, { cancel_at_period_end: true });\n"),
           "AZ-001:8"));
  EXPECT_TRUE(said(handler("  await stripe.refunds.create({ payment_intent: req.body.intent });\n"), "AZ-001:7"));
  EXPECT_FALSE(
      said(handler(take + "  const row = await prisma.subscription.findFirst({ where: { subscriptionId, userId: "
                          "session.user.id } });\n  if (!row) return res.status(404).end();\n"
                          "  await stripe.subscriptions.cancel(subscriptionId);\n"),
           "AZ-001"));
  EXPECT_FALSE(said(handler("  await stripe.subscriptions.cancel(session.user.subscriptionId);\n"), "AZ-001"));
}

TEST(Balances, DoNotGrowBecauseTheirOwnerAsks) {
  const std::string give =
      "await prisma.user.update({ where: { id: session.user.id }, data: { credit: { increment: 1 } } });\n";
  EXPECT_TRUE(said(handler("  if (req.body.action === 'refund') {\n    " + give + "  }\n"), "PAY-002:8"));
  EXPECT_FALSE(
      said(handler("  const job = await prisma.job.findFirst({ where: { userId: session.user.id, failed: true } "
                   "});\n  if (job) {\n    " +
                   give + "  }\n"),
           "PAY-002"));
  EXPECT_FALSE(said(handler("  try {\n    await work();\n  } catch (e) {\n    " + give + "  }\n"), "PAY-002"));
}

TEST(Balances, AreNotLessenedByLessThanNothing) {
  const std::string take =
      "  const { amount } = req.body;\n  if (user.credit < amount) return res.status(400).end();\n";
  const std::string spend =
      "  await prisma.user.update({ where: { id: session.user.id }, data: { credit: { decrement: amount } } });\n";
  EXPECT_TRUE(said(handler(take + spend), "PAY-001:9"));
  EXPECT_FALSE(said(handler(take + "  if (amount <= 0) return res.status(400).end();\n" + spend), "PAY-001"));
  EXPECT_FALSE(said(handler(take + "  shape.object({ amount: z.number().positive() });\n" + spend), "PAY-001"));
}

TEST(PaidServices, AreNotAskedByStrangersWithoutALimit) {
  const auto with = [](const std::string& start, const std::string& path) {
    return audited({{"package.json", R"({"dependencies":{"next":"15.5.9","openai":"5.0.0"}})"},
                    {"lib/ai.ts",
                     "import OpenAI from 'openai';\nconst ai = new OpenAI();\n"
                     "export async function say(text: string) {\n"
                     "  return ai.chat.completions.create({ model: 'm', messages: [{ role: 'user', "
                     "content: text }] });\n}\n"},
                    {path, start + "  return say(text);\n}\n"}});
  };
  const std::string action =
      "'use server';\nimport { say } from '@/lib/ai';\nexport async function talk(text: string) {\n";
  EXPECT_TRUE(said(with(action, "app/actions.ts"), "RL-002:3"));
  EXPECT_FALSE(said(with(action + "  await limiter.limit(ip());\n", "app/actions.ts"), "RL-002"));
  const std::string route =
      "import { say } from '@/lib/ai';\nexport async function POST(req: Request) {\n"
      "  const { text } = await req.json();\n";
  EXPECT_TRUE(said(with(route, "app/api/talk/route.ts"), "RL-002:2"));
}

TEST(Webhooks, AlsoHearThatASubscriptionEnds) {
  const auto with = [](const std::string& more) {
    return audited({{"app/api/stripe/route.ts",
                     "export async function POST(req: Request) {\n"
                     "  const event = stripe.webhooks.constructEvent(await req.text(), "
                     "req.headers.get('stripe-signature')!, secret);\n"
                     "  if (event.type === 'checkout.session.completed') {\n"
                     "    await db.subscription.upsert({ where: { userId }, create: { userId }, update: { status: "
                     "'active' } });\n  }\n" +
                         more + "  return new Response(null);\n}\n"}});
  };
  EXPECT_TRUE(said(with(""), "PAY-007:3"));
  EXPECT_FALSE(said(with("  if (event.type === 'customer.subscription.deleted') await end(event);\n"), "PAY-007"));
}

TEST(Logs, KeepTheGuestsNameToThemselves) {
  const auto with = [](const std::string& what) {
    return audited({{"app/actions.ts",
                     "'use server';\ninterface Guest { day: string; customerName: string; phone?: string }\n"
                     "export async function book(details: Guest) {\n  await auth();\n"
                     "  console.error('booking failed', " +
                         what + ");\n}\n"}});
  };
  EXPECT_TRUE(said(with("details"), "LOG-001:5"));
  EXPECT_FALSE(said(with("details.day"), "LOG-001"));
}

TEST(Middleware, ThatListsEverythingAsOpenGuardsNothing) {
  const auto with = [](const std::string& list) {
    return audited({{"middleware.ts",
                     "import { authMiddleware } from '@clerk/nextjs';\n"
                     "export default authMiddleware({ publicRoutes: [" +
                         list + "] });\n"}});
  };
  EXPECT_TRUE(said(with("'/(.*)', '/faq'"), "EX-024:2"));
  EXPECT_FALSE(said(with("'/', '/faq'"), "EX-024"));
}

TEST(Keys, OfTheServerAreNotReadFromPublicVariables) {
  const auto with = [](const std::string& name) {
    return audited({{"lib/stripe.ts",
                     "import Stripe from 'stripe';\nexport const stripe = new Stripe(process.env." + name + "!);\n"}});
  };
  EXPECT_TRUE(said(with("NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"), "SEC-004:2"));
  EXPECT_FALSE(said(with("STRIPE_SECRET_KEY"), "SEC-004"));
}

}  // namespace
}  // namespace gatehouse::audit::source
