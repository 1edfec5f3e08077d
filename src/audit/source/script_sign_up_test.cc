// What strangers are told who only ask.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

TEST(SignUp, TellsWhoHasAnAccountWhenItSaysSo) {
  const auto service = [](const std::string& said) {
    return found({{"desk.ts",
                   "import prisma from './prisma';\nexport class Desk {\n  static async register(email: "
                   "string, word: string) {\n    const known = await prisma.user.findUnique({ where: { email "
                   "} });\n    if (known) {\n      throw new Refusal('" +
                       said + "', 400);\n    }\n    return make(email, word);\n  }\n}\n"}});
  };
  EXPECT_TRUE(has(service("User already exists"), "AU-005:desk.ts:6"));
  EXPECT_FALSE(has(service("Look into your mail"), "AU-005"));
}

TEST(Health, TellsStrangersNoMoreThanThatItLives) {
  const auto server = [](const std::string& guard, const std::string& more) {
    return found({{"app.js",
                   "const express = require('express');\nconst { requireAdmin } = "
                   "require('./guard');\nconst app = express();\napp.get('/health', " +
                       guard + "(req, res) => {\n  res.json({ status: 'ok'" + more + " });\n});\n"}});
  };
  const std::string insides = ", version: process.env.npm_package_version, memory: process.memoryUsage()";
  EXPECT_TRUE(has(server("", insides), "EXP-004:app.js:5"));
  EXPECT_FALSE(has(server("requireAdmin, ", insides), "EXP-004"));
  EXPECT_FALSE(has(server("", ", uptime: process.uptime()"), "EXP-004"));
}

}  // namespace
}  // namespace gatehouse::audit::source
