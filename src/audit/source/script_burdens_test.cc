// What one request can make of objects and memory, and callers that are believed by a header.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool says(const std::string& code, std::string_view id) { return !lines_of("src/api.js", code, id).empty(); }

TEST(Burdens, ADeepMergeOfOnesOwnKeepsThePrototypeOut) {
  const auto merge = [](const std::string& guard) {
    return "const deep = (a, b) => {\n  for (const k of Object.keys(b)) {\n" + guard +
           "    if (typeof b[k] === 'object') a[k] = deep(a[k] ?? {}, b[k]);\n    else a[k] = b[k];\n  }\n  return a;\n"
           "};\napp.patch('/s', auth, (req, res) => res.json(deep(settings, req.body)));\n";
  };
  EXPECT_TRUE(says(merge(""), "EX-016"));
  EXPECT_FALSE(says(merge("    if (k === '__proto__') continue;\n"), "EX-016"));
}

TEST(Burdens, NobodySaysHowMuchMemoryIsTaken) {
  const auto grid = [](const std::string& size) {
    return "app.get('/map', (req, res) => {\n  const size = " + size +
           ";\n  res.json(Array.from({ length: size }, () => 0));\n});\n";
  };
  EXPECT_TRUE(says(grid("Number(req.query.size || 256)"), "RUN-003"));
  EXPECT_FALSE(says(grid("Math.min(Number(req.query.size), 256)"), "RUN-003"));
  EXPECT_FALSE(says(grid("256"), "RUN-003"));
  EXPECT_TRUE(says("const NAME = /^(\\w+\\s?)*$/;\napp.get('/n', (req, res) => res.json(NAME.test(req.query.n)));\n",
                   "RUN-003"));
}

TEST(HeaderCallers, AHeaderSaysWhoNobodyIs) {
  const auto gate = [](const std::string& how) {
    return "const SKIP = process.env.NODE_ENV !== 'production';\nexport async function auth(ctx, next) {\n" + how +
           "  ctx.state.userId = jwt.verify(token, KEY).sub;\n  await next();\n}\n";
  };
  EXPECT_TRUE(says(gate("  if (SKIP && ctx.get('x-user-id')) {\n    ctx.state.userId = ctx.get('x-user-id');\n"
                        "    return next();\n  }\n"),
                   "EX-021"));
  EXPECT_FALSE(says(gate("  ctx.state.requestId = ctx.get('x-request-id');\n"), "EX-021"));
}

}  // namespace
}  // namespace gatehouse::audit::source
