// undefined is what a missing variable holds, and what a request without the header sends.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool open_key(const std::string& condition, const std::string& before = {}, const std::string& top = {}) {
  return finds({{"server.js", "import express from 'express';\nconst app = express();\n" + top +
                                  "app.post('/internal/tidy', async (req, res) => {\n" + before + "  if (" + condition +
                                  ") return res.status(403).end();\n  await tidy();\n  res.end();\n});\n"}},
               "EX-021", "who sends none has the right one");
}

TEST(ScriptOpenKeys, UndefinedIsUndefined) {
  EXPECT_TRUE(open_key("req.headers['x-key'] !== process.env.TIDY_KEY"));
  EXPECT_TRUE(open_key("key !== process.env.TIDY_KEY", "  const { key } = req.body;\n"));
  EXPECT_TRUE(open_key("req.get('x-key') !== KEY", {}, "const KEY = process.env.TIDY_KEY;\n"));
}

TEST(ScriptOpenKeys, AreShutWhereOneOfThemCannotBe) {
  EXPECT_FALSE(open_key("!process.env.TIDY_KEY || req.headers['x-key'] !== process.env.TIDY_KEY"));
  EXPECT_FALSE(open_key("req.get('x-key') !== KEY", {},
                        "const KEY = process.env.TIDY_KEY;\nif (!KEY) throw new Error('TIDY_KEY');\n"));
  EXPECT_FALSE(open_key("req.get('x-key') !== KEY", {}, "const KEY = process.env.TIDY_KEY || randomUUID();\n"));
  EXPECT_FALSE(open_key("String(req.headers['x-key']) !== process.env.TIDY_KEY"));
  EXPECT_FALSE(open_key("(await headers()).get('x-key') !== process.env.TIDY_KEY"));
}

}  // namespace
}  // namespace gatehouse::audit::source
