// A guard under another name is the same guard, and another name of anything else guards nothing.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool open_route(const std::string& handed_on, const std::string& from = "./lib/doors") {
  const auto all = audited(
      {{"lib/people.js",
        "function mustKnow(req, res, next) {\n  if (!req.session.user) return res.status(401).end();\n  next();\n}\n"
        "function counts(req, res, next) {\n  hits += 1;\n  next();\n}\nmodule.exports = { mustKnow, counts };\n"},
       {"lib/doors.js", handed_on},
       {"app.js", "import express from 'express';\nimport { gate } from '" + from +
                      "';\nconst app = express();\n"
                      "app.post('/invoices', gate, async (req, res) => {\n"
                      "  res.json(await Invoice.create({ total: Number(req.body.total) }));\n});\n"
                      "app.get('/me', (req, res) => { if (!req.session.user) return res.status(401).end(); "
                      "res.json({}); });\n"}},
      "EX-023");
  return !all.empty();
}

TEST(Aliases, AGuardIsOneUnderAnyName) {
  EXPECT_FALSE(open_route("export { mustKnow as gate } from './people';\n"));
  EXPECT_FALSE(open_route("import { mustKnow } from './people';\nexport const gate = mustKnow;\n"));
  EXPECT_FALSE(open_route("const { mustKnow } = require('./people');\nexports.gate = mustKnow;\n"));
  EXPECT_TRUE(open_route("export { counts as gate } from './people';\n"));
  EXPECT_TRUE(open_route("import { counts } from './people';\nexport const gate = counts;\n"));
}

TEST(Aliases, ThatNameEachOtherEnd) {
  EXPECT_TRUE(open_route("export { gate } from './doors';\nexport * from './doors';\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
