#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::string text, std::string_view only) {
  return source::lines_of("routes/draws.js", std::move(text), only);
}

std::string routes(const std::string& run) {
  return "import express from 'express';\n"
         "import { verifyToken, isAdmin } from '../middleware/auth.js';\n"
         "import { list, run } from '../controllers/draws.js';\n"
         "const router = express.Router();\n"
         "router.get('/', verifyToken, list);\n" +
         run + "export default router;\n";
}

TEST(Express, what_a_comment_gives_to_staff_and_no_guard_keeps_from_others_is_told) {
  EXPECT_THAT(found(routes("// only admin may run a draw\nrouter.post('/run', verifyToken, run);\n"), "AZ-008"),
              ElementsAre("AZ-008:7"));
  EXPECT_THAT(found(routes("router.post('/run', verifyToken, run);    // admin\n"), "AZ-008"), ElementsAre("AZ-008:6"));
}

TEST(Express, what_a_guard_keeps_for_staff_or_a_comment_gives_to_others_is_fine) {
  EXPECT_THAT(
      found(routes("// only admin may run a draw\nrouter.post('/run', verifyToken, isAdmin, run);\n"), "AZ-008"),
      IsEmpty());
  EXPECT_THAT(found(routes("// the owner or admin\nrouter.post('/run', verifyToken, run);\n"), "AZ-008"), IsEmpty());
}

TEST(Express, lists_of_guards_that_hold_lists_of_lists_or_themselves_end) {
  std::string lists = "const d = [verifyToken];\n";
  for (const auto& [outer, inner] : {std::pair("c", "d"), {"b", "c"}, {"a", "b"}}) {
    lists += std::string("const ") + outer + " = [\n";
    for (int i = 0; i < 30; ++i) lists += std::string("  ") + inner + ",\n";
    lists += "];\n";
  }
  // 27,000 guards from 90 lines: the file's credit ends it (GAP-001), or it was never begun.
  EXPECT_THAT(found(routes(lists + "router.post('/run', ...a, run);\n"), "EX-023"), IsEmpty());
  EXPECT_THAT(found(routes("const e = [...e, e];\nrouter.post('/run', ...e, run);\n"), "EX-020"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit
