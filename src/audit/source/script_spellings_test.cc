// The same faults in spellings that came late: fields of classes, strategies, functions of an edge, plain SQL.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

TEST(Spellings, OfAKeyInAFieldOfAClass) {
  const auto keys = [](const std::string& value) {
    return found(
        {{"keys.ts",
          "import * as jwt from 'jsonwebtoken';\nexport class Keys {\n  private static readonly KEY = " + value +
              ";\n  static make(who: object) {\n    return jwt.sign(who, Keys.KEY, { expiresIn: '5m' "
              "});\n  }\n}\n"}});
  };
  EXPECT_TRUE(has(keys("'a word of the house'"), "EX-005:keys.ts:3"));
  EXPECT_FALSE(has(keys("process.env.KEY"), "EX-005"));
}

TEST(Spellings, OfTheDoorsThatTell) {
  EXPECT_TRUE(has(found({{"local.ts",
                          "export class Local extends PassportStrategy(Strategy) {\n  async validate(email: "
                          "string, password: string) {\n    const user = await this.users.getByEmail(email);\n  "
                          "  if (!user) throw new BadRequestException('Nobody of that name here');\n    if "
                          "(!(await verify(user.hash, password))) throw new UnauthorizedException();\n    "
                          "return user;\n  }\n}\n"}}),
                  "AU-005:local.ts:4"));
  EXPECT_TRUE(
      has(found({{"supabase/functions/request-reset/index.ts",
                  "serve(async (req) => {\n  const { email } = await req.json();\n  const { data: who } = await "
                  "admin.from('people').select('id').eq('email', email).maybeSingle();\n  if (!who) return new "
                  "Response('Nobody here by that mail', { status: 404 });\n  return new Response('ok');\n});\n"}}),
          "AU-005"));
}

TEST(Spellings, OfOriginsThatAreSaidBack) {
  const auto helper = [](const std::string& value) {
    return found(
        {{"lib/cors.ts", "export function headers(req: Request) {\n  return { 'Access-Control-Allow-Origin': " + value +
                             ", 'Access-Control-Allow-Credentials': 'true' };\n}\n"}});
  };
  EXPECT_TRUE(has(helper("req.headers.get('origin') ?? ''"), "EX-002:lib/cors.ts:2"));
  EXPECT_FALSE(has(helper("process.env.SITE"), "EX-002"));
}

TEST(Spellings, OfPasswordsThatAreKeptAsTyped) {
  const auto sign_up = [](const std::string& made, const std::string& kept) {
    return found({{"up.js",
                   "module.exports = async (app) => app.post('/up', async (req) => {\n  const { email, password } "
                   "= req.body;\n" +
                       made + "  db.prepare('INSERT INTO people (email, password) VALUES (?, ?)').run(email, " + kept +
                       ");\n});\n"}});
  };
  EXPECT_TRUE(has(sign_up("", "password"), "DJ-030:up.js:3"));
  EXPECT_FALSE(has(sign_up("  const kept = await bcrypt.hash(password, 12);\n", "kept"), "DJ-030:up.js:4"));
}

TEST(Spellings, OfLimitsThatOneProcessForgets) {
  const auto guard = [](const std::string& field) {
    return found({{"limit.guard.ts", "export class RateLimitGuard {\n  private seen = " + field +
                                         ";\n  canActivate() { return true; }\n}\n"}});
  };
  EXPECT_TRUE(has(guard("new Map<string, number>()"), "RL-005:limit.guard.ts:2"));
  EXPECT_FALSE(has(guard("new RedisStore()"), "RL-005"));
}

TEST(Spellings, OfSequelizesConditions) {
  EXPECT_TRUE(has(found({{"reset.js",
                          "const router = require('express').Router();\nrouter.post('/reset-password/:id', "
                          "async (req, res) => {\n  const { id } = req.params;\n  const hash = await "
                          "bcrypt.hash(req.body.password, 10);\n  await User.update({ password: hash }, { "
                          "where: { id } });\n  res.end();\n});\n"}}),
                  "AU-006:reset.js:5"));
}

}  // namespace
}  // namespace gatehouse::audit::source
