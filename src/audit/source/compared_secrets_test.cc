#include "audit/source/compared_secrets.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool passes(const std::string& held, const std::string& asked) {
  return finds(
      {{"package.json", R"({"dependencies":{"next":"15.5.9"}})"},
       {"middleware.ts", "import { NextResponse } from 'next/server';\nconst SECRET = " + held +
                             ";\nexport function middleware(req) {\n  if (" + asked +
                             ") return new NextResponse('', { status: 404 });\n  return NextResponse.next();\n}\n"}},
      "EX-021", "the empty text passes");
}

TEST(ComparedSecrets, ThatMayBeEmptyAreToldByAnEmptyHeader) {
  EXPECT_TRUE(passes("process.env.PASS_SECRET ?? ''", "(req.headers.get('x-pass') ?? '') !== SECRET"));
  EXPECT_FALSE(passes("process.env.PASS_SECRET ?? ''", "!SECRET || (req.headers.get('x-pass') ?? '') !== SECRET"));
  EXPECT_FALSE(passes("process.env.PASS_SECRET ?? randomUUID()", "(req.headers.get('x-pass') ?? '') !== SECRET"));
}

TEST(ComparedSecrets, LaidIntoATextAreAskedForBesideIt) {
  const auto job = [](const std::string& asked) {
    return finds(
        {{"package.json", R"({"dependencies":{"next":"15.5.9"}})"},
         {"app/api/cron/poll/route.ts",
          "export async function GET(req) {\n  const secret = process.env.CRON_SECRET;\n"
          "  const sent = req.headers.get('authorization');\n  if (" +
              asked + ") return new Response('', { status: 401 });\n  return Response.json(await poll());\n}\n"}},
        "EX-021", "the word undefined passes");
  };
  EXPECT_TRUE(job("sent !== `Bearer ${secret}`"));
  EXPECT_FALSE(job("!secret || sent !== `Bearer ${secret}`"));
}

}  // namespace
}  // namespace gatehouse::audit::source
