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

TEST(ServedFunctions, MayStandInAWrapper) {
  const auto served = [](const std::string& begin, const std::string& end) {
    return finds({{"supabase/functions/summarize/index.ts",
                   "import { createClient } from 'https://esm.sh/@supabase/supabase-js@2.47.10';\n" + begin +
                       "async (req) => {\n  const { userId } = await req.json();\n"
                       "  const db = createClient(Deno.env.get('SUPABASE_URL')!, "
                       "Deno.env.get('SUPABASE_SERVICE_ROLE_KEY')!);\n"
                       "  const { data } = await db.from('notes').select('*').eq('user_id', userId);\n"
                       "  return Response.json(data);\n}" +
                       end + ";\n"}},
                 "AZ-002");
  };
  EXPECT_TRUE(served("Deno.serve(", ")"));
  EXPECT_TRUE(served("Deno.serve(withCors(", "))"));
  EXPECT_FALSE(served("Deno.serve(withAuth(", "))"));
}

}  // namespace
}  // namespace gatehouse::audit::source
