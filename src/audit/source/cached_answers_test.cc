#include "audit/source/cached_answers.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool kept(const std::string& asked, const std::string& header) {
  return finds(
      {{"package.json", R"({"dependencies":{"next":"15.5.9","@prisma/client":"6.1.0"}})"},
       {"app/api/discount/route.ts",
        "import { db } from '@/lib/db';\nimport { auth } from '@/lib/auth';\nexport async function GET() {\n" + asked +
            "  const rows = await db.discount.findMany({ take: 50 });\n"
            "  return Response.json({ rows }, { headers: { 'Cache-Control': '" +
            header + "' } });\n}\n"}},
      "HDR-008");
}

TEST(CachedAnswers, AboutSomebodyAreNobodyElses) {
  const std::string asked =
      "  const session = await auth();\n  if (!session?.user) return new Response('', { status: 401 });\n";
  EXPECT_TRUE(kept(asked, "public, s-maxage=300"));
  EXPECT_FALSE(kept(asked, "private, no-store"));
  EXPECT_FALSE(kept("", "public, s-maxage=300"));
}

}  // namespace
}  // namespace gatehouse::audit::source
