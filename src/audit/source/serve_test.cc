// Functions of platforms: who is calling them?
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(ServedFunctions, OfNetlifyThatSpendAreRoutes) {
  const auto chat = [](const std::string& first) {
    return finds({{"package.json", R"({"dependencies":{"@netlify/functions":"2.8.2","openai":"4.71.1"}})"},
                  {"netlify/functions/chat.ts",
                   "import OpenAI from 'openai';\nexport default async (req: Request) => {\n" + first +
                       "  const { prompt } = await req.json();\n"
                       "  const out = await new OpenAI().chat.completions.create({ model: 'gpt-4o', messages: [{ role: "
                       "'user', content: prompt }] });\n"
                       "  return Response.json(out);\n};\n"}},
                 "RL-002");
  };
  EXPECT_TRUE(chat(""));
  EXPECT_FALSE(
      chat("  const user = await verifyToken(req.headers.get('authorization'));\n"
           "  if (!(await ratelimit.limit(user.id)).success) return new Response('', { status: 429 });\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
