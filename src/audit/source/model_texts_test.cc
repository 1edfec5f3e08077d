#include "audit/source/model_texts.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool unbounded(const std::string& bound) {
  return finds(
      {{"package.json", R"({"dependencies":{"next":"15.5.9","openai":"4.77.0"}})"},
       {"app/api/letter/route.ts",
        "import { auth } from '@/lib/auth';\nimport { openai } from '@/lib/openai';\n"
        "export async function POST(req: Request) {\n  const session = await auth();\n"
        "  if (!session) return new Response('', { status: 401 });\n  const { job } = await req.json();\n" +
            bound +
            "  const out = await openai.chat.completions.create({ model: 'gpt-4o',\n"
            "    messages: [{ role: 'user', content: job }] });\n  return Response.json(out.choices[0]);\n}\n"}},
      "VAL-001");
}

TEST(ModelTexts, OfAnyLengthAreToldAndThoseThatAreMeasuredAreNot) {
  EXPECT_TRUE(unbounded(""));
  EXPECT_TRUE(unbounded("  if (!job) return new Response('', { status: 400 });\n"));
  EXPECT_FALSE(unbounded("  if (job.length > 4000) return new Response('', { status: 413 });\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
