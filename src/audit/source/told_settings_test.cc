#include "audit/source/told_settings.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool answers(const std::string& what) {
  return finds(
      {{"package.json", R"({"dependencies":{"next":"15.5.9"}})"},
       {"app/api/diagnostic/route.ts",
        "import { NextResponse } from 'next/server';\nexport async function GET() {\n  return NextResponse.json(" +
            what + ");\n}\n"}},
      "EXP-004");
}

TEST(ToldSettings, SayWhichSecretsAreSet) {
  EXPECT_TRUE(answers("{ openai: !!process.env.OPENAI_API_KEY, stripe: Boolean(process.env.STRIPE_SECRET_KEY) }"));
  // Meant for browsers.
  EXPECT_FALSE(answers("{ publishable: process.env.STRIPE_PUBLISHABLE_KEY }"));
  EXPECT_FALSE(answers("{ ok: true }"));
}

}  // namespace
}  // namespace gatehouse::audit::source
