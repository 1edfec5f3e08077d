#include "audit/source/missing_exports.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool between(const std::string& exported, const std::string& taken, const std::string& ending = ".js") {
  return finds({{"middleware/auth" + ending, exported}, {"server" + ending, taken}}, "RUN-004",
               "does not give it away");
}

TEST(MissingExports, OfAModuleThatIsTakenAsAWhole) {
  const std::string use = "const auth = require('./middleware/auth');\napp.get('/', auth.guard, (q, r) => r.end());\n";
  EXPECT_TRUE(between("const a = 1;\nmodule.exports = { protect: a };\n", use));
  EXPECT_FALSE(between("const a = 1;\nmodule.exports = { guard: a };\n", use));
  EXPECT_FALSE(between("exports.guard = (q, r, n) => n();\n", use));
  EXPECT_TRUE(between("class Auth {\n  static protect() {}\n}\nmodule.exports = Auth;\n", use));
  EXPECT_FALSE(between("class Auth {\n  static guard() {}\n}\nmodule.exports = Auth;\n", use));
  EXPECT_FALSE(between("class Auth extends Base {}\nmodule.exports = Auth;\n", use));
  EXPECT_TRUE(between("class Auth {\n  protect() {}\n}\nmodule.exports = new Auth();\n", use));
  EXPECT_FALSE(between("const api = module.exports = { protect: 1 };\napi.guard = 2;\n", use));
  EXPECT_FALSE(between("module.exports = { protect: 1 };\n",
                       "const auth = require('./middleware/auth');\nexports.f = (auth) => auth.guard();\n"));
}

TEST(MissingExports, OfModulesOfTheNewerKind) {
  const std::string use = "import { guard } from './middleware/auth.js';\napp.use(guard);\n";
  EXPECT_TRUE(between("export const protect = () => {};\n", use));
  EXPECT_FALSE(between("export function guard() {}\n", use));
  EXPECT_FALSE(between("const guard = 1;\nexport { guard };\n", use));
  EXPECT_FALSE(between("export * from './more.js';\nexport const a = 1;\n", use));
  EXPECT_TRUE(between("export interface Protect {}\nexport const a = 1;\n", use, ".ts"));
}

TEST(MissingExports, OfPythonsModules) {
  const auto python = [](const std::string& module, const std::string& line) {
    return finds({{"app/errors.py", module}, {"app/views.py", line + "\n"}}, "RUN-004", "does not give it away");
  };
  EXPECT_TRUE(python("class Wrong(Exception):\n    pass\n", "from app.errors import NotFound"));
  EXPECT_TRUE(python("class Wrong(Exception):\n    pass\n", "from .errors import NotFound"));
  EXPECT_FALSE(python("class NotFound(Exception):\n    pass\n", "from .errors import NotFound"));
  EXPECT_FALSE(python("from x import *\n", "from .errors import NotFound"));
  EXPECT_FALSE(python("try:\n    NotFound = KeyError\nexcept Exception:\n    pass\n", "from .errors import NotFound"));
}

TEST(MissingMembers, AMethodThatItsClassDoesNotHaveIsTold) {
  const auto python = [](const std::string& rest) {
    return finds({{"a.py", "class Pay:\n    def run(self):\n        return self.charge()\n" + rest}}, "RUN-004",
                 "no such method");
  };
  EXPECT_TRUE(python(""));
  EXPECT_FALSE(python("\n    def charge(self):\n        return 1\n"));
  EXPECT_FALSE(python("\n\nclass Card(Pay):\n    def charge(self):\n        return 1\n"));
  const auto script = [](const std::string& rest) {
    return finds(
        {{"a.js", "class Pay {\n  run() {\n    return this.charge();\n  }\n" + rest + "}\nmodule.exports = Pay;\n"}},
        "RUN-004", "no such method");
  };
  EXPECT_TRUE(script(""));
  EXPECT_FALSE(script("  charge() {}\n"));
  EXPECT_FALSE(script("  constructor(charge) {\n    this.charge = charge;\n  }\n"));
}

TEST(UndefinedNames, AModuleThatNobodyBroughtInIsTold) {
  EXPECT_TRUE(finds({{"a.py", "import json\n\n\ndef f(x):\n    return uuid.uuid4(), json.dumps(x)\n"}}, "RUN-004"));
  EXPECT_FALSE(
      finds({{"a.py", "import json, uuid\n\n\ndef f(x):\n    return uuid.uuid4(), json.dumps(x)\n"}}, "RUN-004"));
  EXPECT_TRUE(
      finds({{"a.js", "const e = require('express');\nexports.f = (q, r) => r.json(jwt.verify(q.body.t, K));\n"}},
            "RUN-004"));
}

}  // namespace
}  // namespace gatehouse::audit::source
