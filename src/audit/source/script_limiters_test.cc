#include "audit/source/script_limiters.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool told(const std::string& limits, const std::string& mount) {
  return finds({{"package.json", R"({"dependencies":{"express":"4.19.2","express-rate-limit":"7.4.0"}})"},
                {"mw/limits.js", "const rateLimit = require('express-rate-limit');\n" + limits},
                {"app.js",
                 "const express = require('express');\nconst limits = require('./mw/limits');\n"
                 "const app = express();\n" +
                     mount + "app.listen(1);\n"},
                {"users.js",
                 "const r = require('express').Router();\n"
                 "r.post('/login', async (req, res) => res.json(await check(req.body)));\nmodule.exports = r;\n"}},
               "EX-004", "no rate limit");
}

TEST(Limiters, count_wherever_they_are_made) {
  const std::string of_two =
      "module.exports = { auth: rateLimit({ max: 5 }), cors: { origin: 'https://a.example' } };\n";
  EXPECT_FALSE(told(of_two, "app.use('/user', limits.auth, require('./users'));\n"));
  EXPECT_TRUE(told(of_two, "app.use('/user', limits.cors, require('./users'));\n"));
  EXPECT_TRUE(told(of_two, "app.use('/user', require('./users'));\n"));
  EXPECT_FALSE(told("exports.front = [require('helmet')(), rateLimit({ max: 5 })];\n",
                    "app.use('/user', limits.front, require('./users'));\n"));
  EXPECT_FALSE(told("module.exports = rateLimit({ max: 5 });\n", "app.use('/user', limits, require('./users'));\n"));
}

TEST(ScriptLimiters, ALinkIsTooLongToBeGuessedAndACodeIsNot) {
  const auto door = [](const std::string& path) {
    return finds({{"package.json", R"({"dependencies":{"express":"5.1.0"}})"},
                  {"server.js", "const app = require('express')();\napp.get('" + path +
                                    "', async (req, res) => {\n  const user = await User.findOne({ token: "
                                    "req.query.token });\n  if (!user) return res.status(404).end();\n"
                                    "  res.redirect('/');\n});\napp.listen(3000);\n"}},
                 "EX-004", "Sign-in has no rate limit");
  };
  EXPECT_TRUE(door("/verify-code"));
  EXPECT_FALSE(door("/verify-email"));
}

TEST(ScriptLimiters, AMountedRouterMayBeAMemberOfItsModule) {
  const auto door = [](const std::string& mount) {
    return finds({{"package.json", R"({"dependencies":{"express":"4.19.2","express-rate-limit":"7.4.0"}})"},
                  {"app.js",
                   "const express = require('express');\nconst rateLimit = require('express-rate-limit');\n"
                   "const few = rateLimit({ windowMs: 60000, max: 5 });\nconst app = express();\n" +
                       mount + "app.listen(1);\n"},
                  {"users.js",
                   "const router = require('express').Router();\n"
                   "router.post('/login', async (req, res) => res.json(await check(req.body)));\n"
                   "module.exports = { router };\n"}},
                 "EX-004", "no rate limit");
  };
  EXPECT_TRUE(door("app.use('/users', require('./users').router);\n"));
  EXPECT_FALSE(door("app.use('/users', few, require('./users').router);\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
