// Who did it, how much was used and which model answers, as a request says it; and quotas that browsers keep.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

// With manifests read as well.
std::vector<std::string> found_in_project(fixture::Texts texts) {
  const auto files = memory_files(std::move(texts));
  std::vector<std::string> out;
  for (const auto& f : audit_source(*files, source_pack(), {}).findings)
    if (!f.locations.empty())
      out.push_back(f.id + ":" + f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

TEST(Claims, TellWhoActedWhereTheRequestSaysIt) {
  const auto handler = [](const std::string& who) {
    return found({{"desk.js",
                   "const Paper = require('./models/Paper');\nconst approve = async (req, res) => {\n  const "
                   "{ paperId, adminId } = req.body;\n  const paper = await "
                   "Paper.findByIdAndUpdate(paperId, { approvedBy: " +
                       who + " });\n  res.json({ done: true });\n};\nmodule.exports = { approve };\n"}});
  };
  EXPECT_TRUE(has(handler("adminId"), "AZ-002:desk.js:3"));
  EXPECT_FALSE(has(handler("req.user.id"), "AZ-002"));
}

TEST(Claims, FollowWhatACheckOfTheBodyHandsBack) {
  const auto sign_up = [](const std::string& role) {
    return found({{"models/user.js",
                   "const s = new mongoose.Schema({ email: String, role: { type: String, default: 'user' "
                   "} });\nmodule.exports = mongoose.model('User', s);\n"},
                  {"auth.js",
                   "const User = require('./models/user');\nconst register = async (req, res) => {\n"
                   "  const { value, error } = joinSchema.validate(req.body);\n  if (error) return "
                   "res.status(400).json({});\n  await User.create({ email: value.email, role: " +
                       role + " });\n  res.status(201).json({});\n};\nrouter.post('/register', register);\n"}});
  };
  EXPECT_TRUE(has(sign_up("value.role || 'user'"), "AZ-007"));
  EXPECT_FALSE(has(sign_up("'user'"), "AZ-007"));
}

TEST(Claims, TellAModelThatTheClientChooses) {
  const auto route = [](const std::string& model, const std::string& before) {
    return found({{"app/api/ask/route.ts",
                   "import OpenAI from 'openai';\nimport { auth } from '@clerk/nextjs/server';\nconst ai = new "
                   "OpenAI();\nexport async function POST(req: Request) {\n  const { userId } = await auth();\n  if "
                   "(!userId) return Response.json({}, { status: 401 });\n  await rateLimit(userId);\n  const { "
                   "prompt, model } = await req.json();\n" +
                       before + "  const out = await ai.responses.create({ model: " + model +
                       ", input: prompt });\n  return Response.json(out);\n}\n"}});
  };
  EXPECT_TRUE(has(route("model", ""), "PAY-001"));
  EXPECT_TRUE(has(route("model || 'small'", ""), "PAY-001"));
  EXPECT_FALSE(has(route("'small'", ""), "PAY-001"));
  EXPECT_FALSE(has(route("model", "  if (!allowedModels.includes(model)) throw new Error('no');\n"), "PAY-001"));
}

TEST(Claims, TellSpendingThatTheClientCounts) {
  const auto route = [](const std::string& used) {
    return found({{"app/api/usage/route.ts",
                   "import { auth } from '@clerk/nextjs/server';\nimport { deductCredits } from '@/lib/purse';\nexport "
                   "async function POST(req: Request) {\n  const { userId } = await auth();\n  if (!userId) return "
                   "Response.json({}, { status: 401 });\n  const body = await req.json();\n  const { tool, creditsUsed "
                   "} = body;\n  const count = Math.abs(creditsUsed);\n  await deductCredits(userId, " +
                       used + ");\n  return Response.json({ done: tool });\n}\n"}});
  };
  EXPECT_TRUE(has(route("count"), "AZ-007:app/api/usage/route.ts:7"));
  EXPECT_FALSE(has(route("COSTS[tool]"), "AZ-007"));
}

TEST(Claims, TellABalanceThatAHelperWritesAfterItWasWorkedOut) {
  const auto purse = [](const std::string& body) {
    return found({{"lib/purse.ts",
                   "import { load, updateCredits } from './rows';\nexport async function spend(id, n) "
                   "{\n  const keeper = await load(id);\n" +
                       body + "}\n"}});
  };
  EXPECT_TRUE(has(purse("  const left = Math.max(0, keeper.credits - n);\n  return updateCredits(keeper.id, left);\n"),
                  "PAY-004:lib/purse.ts:5"));
  EXPECT_FALSE(has(purse("  return updateCredits(keeper.id, 100);\n"), "PAY-004"));
}

TEST(Claims, TellASubscriptionThatIsSwitchedOnUnpaid) {
  const auto route = [](const std::string& value) {
    return found({{"app/api/plan/route.ts",
                   "import { auth } from '@clerk/nextjs/server';\nimport { stripe } from '@/lib/stripe';\nimport { "
                   "prisma } from '@/lib/prisma';\nexport async function POST(req: Request) {\n  const { userId } = "
                   "await auth();\n  if (!userId) return Response.json({}, { status: 401 });\n  const sub = await "
                   "stripe.subscriptions.update(await mine(userId), { items: [] });\n  await prisma.keeper.update({ "
                   "where: { userId }, data: { subscriptionActive: " +
                       value + " } });\n  return Response.json({});\n}\n"}});
  };
  EXPECT_TRUE(has(route("true"), "PAY-002"));
  EXPECT_FALSE(has(route("sub.status === 'active'"), "PAY-002"));
}

TEST(Claims, TellQuotasThatBrowsersKeep) {
  const auto project = [](const std::string& dependencies, const std::string& key) {
    return found_in_project({{"package.json", "{ \"dependencies\": { " + dependencies + " } }"},
                             {"app/quota.ts",
                              "'use client';\nexport function spend(left: number, n: number) {\n  const rest = left "
                              "- n;\n  localStorage.setItem('" +
                                  key + "', String(rest));\n}\n"}});
  };
  EXPECT_TRUE(has(project("\"openai\": \"4.0.0\"", "userTokens"), "AZ-003:app/quota.ts:4"));
  EXPECT_FALSE(has(project("\"react\": \"19.0.0\"", "userTokens"), "AZ-003"));
  EXPECT_FALSE(has(project("\"openai\": \"4.0.0\"", "fontSize"), "AZ-003"));
}

TEST(NextVersions, OfACandidateOfAReleaseAreThoseOfItsLine) {
  const auto next = [](const std::string& version) {
    return found_in_project({{"package.json", "{\n  \"dependencies\": { \"next\": \"" + version + "\" }\n}\n"}});
  };
  EXPECT_TRUE(has(next("15.0.0-rc.0"), "NX-001"));
  EXPECT_TRUE(has(next("15.4.0-canary.3"), "NX-001"));
  EXPECT_TRUE(has(next("15.4.9"), "NX-001"));
  EXPECT_TRUE(has(next("14.2.32"), "NX-001"));
  EXPECT_FALSE(has(next("14.2.35"), "NX-001"));
  EXPECT_FALSE(has(next("15.4.10"), "NX-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source
