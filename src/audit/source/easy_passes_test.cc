#include "audit/source/easy_passes.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool let_in(const std::string& asked) {
  return finds({{"package.json", R"({"dependencies":{"next":"15.5.9"}})"},
                {"app/api/jobs/expire/route.ts",
                 "import { db } from '@/lib/db';\nfunction allowed(req: Request): boolean {\n" + asked +
                     "}\nexport async function GET(req: Request) {\n"
                     "  if (!allowed(req)) return new Response('', { status: 401 });\n"
                     "  await db.hold.deleteMany({});\n  return Response.json({ ok: true });\n}\n"}},
               "AZ-002", "Who writes a header with a fixed word is let in");
}

TEST(EasyPasses, AWordThatASchedulerWritesIsNoProof) {
  EXPECT_TRUE(let_in("  if (req.headers.get('x-vercel-cron') === '1') return true;\n  return false;\n"));
  EXPECT_FALSE(
      let_in("  const secret = process.env.CRON_SECRET;\n"
             "  return !!secret && req.headers.get('authorization') === `Bearer ${secret}`;\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
