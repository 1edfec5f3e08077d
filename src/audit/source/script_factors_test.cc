// Proofs that prove nothing.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

TEST(Factors, AFixedCodeIsEverybodysCode) {
  const auto verify = [](const std::string& condition) {
    return found(
        {{"otp.js", "exports.verify = async (req, res) => {\n  const { phone, otp } = req.body;\n  if (" + condition +
                        ") return res.status(401).end();\n  res.json({ t: make(phone) });\n};\n"}});
  };
  EXPECT_TRUE(has(verify("codes[phone] !== otp && otp !== '123456'"), "AU-006:otp.js:3"));
  EXPECT_FALSE(has(verify("codes[phone] !== otp"), "AU-006"));
  EXPECT_FALSE(has(verify("process.env.NODE_ENV === 'test' && otp !== '123456'"), "AU-006"));
  EXPECT_FALSE(has(verify("otp.error.code === '23505'"), "AU-006"));
}

TEST(Factors, AComparisonOfAnotherFileIsWaitedFor) {
  const auto door = [](const std::string& call) {
    return found({{"person.js",
                   "class Person {\n  async matchPassword(word) {\n    return bcrypt.compare(word, "
                   "this.hash);\n  }\n}\n"},
                  {"door.js",
                   "exports.enter = async (req, res) => {\n  const p = await people.take(req.body.name);\n  "
                   "if (p && " +
                       call + ") return res.json({ in: true });\n  res.status(401).end();\n};\n"}});
  };
  EXPECT_TRUE(has(door("p.matchPassword(req.body.word)"), "AU-006:door.js:3"));
  EXPECT_FALSE(has(door("(await p.matchPassword(req.body.word))"), "AU-006"));
}

TEST(Codes, HaveAnEndThatSpeaksOfThem) {
  const auto forgot = [](const std::string& more, const std::string& cookie) {
    return found({{"forgot.ts",
                   "export async function forgot(email: string) {\n  const resetToken = "
                   "crypto.randomUUID();\n  await prisma.user.update({ where: { email }, data: { "
                   "resetToken" +
                       more + " } });\n  await mail(email, resetToken);\n}\n"},
                  {"session.ts",
                   "export function enter(res: any, t: string) {\n  jwt.verify(t, key);\n  "
                   "res.cookie('lang', t, { " +
                       cookie + " });\n}\n"}});
  };
  EXPECT_TRUE(has(forgot("", "expires: later()"), "AU-007:forgot.ts:3"));
  EXPECT_FALSE(has(forgot(", resetExpires: later()", ""), "AU-007"));
}

TEST(Enumeration, InOneExpressionOfTwoAnswers) {
  const auto door = [](const std::string& said) {
    return found({{"door.js",
                   "exports.login = async (req, res) => {\n  const user = await User.findOne({ email: "
                   "String(req.body.email) });\n  if (!user || !(await same(req.body.word, user.hash)))\n    "
                   "return res.status(401).json({ error: " +
                       said + " });\n  res.json({ ok: true });\n};\n"}});
  };
  EXPECT_TRUE(has(door("user ? 'not the word' : 'nobody here'"), "AU-005:door.js:4"));
  EXPECT_FALSE(has(door("'these do not match'"), "AU-005:door.js:4"));
}

}  // namespace
}  // namespace gatehouse::audit::source
