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

}  // namespace
}  // namespace gatehouse::audit::source
