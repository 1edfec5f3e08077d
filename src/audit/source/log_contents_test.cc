#include "audit/source/log_contents.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool logged(const std::string& what) {
  return finds(
      {{"package.json", R"({"dependencies":{"next":"15.5.9","openai":"4.77.0"}})"},
       {"app/api/tale/route.ts",
        "import { auth } from '@/lib/auth';\nimport { openai } from '@/lib/openai';\n"
        "export async function POST(req: Request) {\n  if (!(await auth())) return new Response('', { status: 401 });\n"
        "  const body = await req.json();\n  console.log('prompt', " +
            what +
            ");\n  const text = String(body.prompt).slice(0, 2000);\n"
            "  return Response.json(await openai.chat.completions.create({ model: 'gpt-4o',\n"
            "    messages: [{ role: 'user', content: text }] }));\n}\n"}},
      "LOG-001");
}

TEST(LogContents, WordsForAModelAreSomebodys) {
  EXPECT_TRUE(logged("body.prompt"));
  EXPECT_FALSE(logged("'was taken'"));
}

}  // namespace
}  // namespace gatehouse::audit::source
