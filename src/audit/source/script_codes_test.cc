// One-time codes that are told, empty or compared with nothing; rows of people that leave through layers.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

std::vector<std::string> one(const std::string& text) { return found({{"doors.js", text}}); }

TEST(ScriptCodes, ACodeIsNotToldToWhoeverAsksForIt) {
  EXPECT_TRUE(has(one("exports.send = async (req, res) => {\n  const otp = await generate();\n"
                      "  res.json({ sent: true, otp });\n};\n"),
                  "AU-007:doors.js:3"));
  EXPECT_FALSE(has(one("exports.send = async (req, res) => {\n  const otp = await generate();\n  await mail(otp);\n"
                       "  res.json({ sent: true, ...(process.env.NODE_ENV === 'test' && { otp }) });\n};\n"),
                   "AU-007"));
}

TEST(ScriptCodes, AMailedLinkIsNotAnswered) {
  const auto door = [](const std::string& answer) {
    return one(
        "exports.register = async (req, res) => {\n  const link = await sendVerificationEmail(req.body.email);\n"
        "  res.json({ " +
        answer + " });\n};\n");
  };
  EXPECT_TRUE(has(door("sent: true, link"), "AU-007:doors.js:3"));
  EXPECT_FALSE(has(door("sent: true"), "AU-007"));
}

TEST(ScriptCodes, AnEmptyCodeDoesNotPass) {
  const std::string head = "exports.check = async (req, res) => {\n  const { email, otp } = req.body;\n";
  const std::string tail = "  if (user.otp !== otp) return res.sendStatus(400);\n  res.json({});\n};\n";
  EXPECT_TRUE(has(one(head + "  const user = await User.findOne({ email });\n" + tail), "AU-006:doors.js:4"));
  EXPECT_FALSE(
      has(one(head + "  if (!otp) return res.sendStatus(400);\n  const user = await User.findOne({ email });\n" + tail),
          "AU-006"));
}

TEST(ScriptCodes, PasswordsAreComparedAsHashes) {
  EXPECT_TRUE(has(one("exports.signin = async (req, res) => {\n  const { email, password } = req.body;\n"
                      "  const user = await User.findOne({ email });\n"
                      "  if (user.password === password) res.json({ in: true });\n};\n"),
                  "DJ-030:doors.js:4"));
  EXPECT_FALSE(has(one("exports.join = async (req, res) => {\n  const { password, confirmPassword } = req.body;\n"
                       "  if (req.body.password !== confirmPassword) return res.sendStatus(400);\n};\n"),
                   "DJ-030"));
}

TEST(ScriptGives, ARowOfAPersonThatAServiceReturnsLeavesWithItsHash) {
  const std::string schema = "model User {\n  id String @id\n  email String\n  passwordHash String\n}\n";
  const auto audit = [&](const std::string& service, const std::string& said) {
    return found(
        {{"schema.prisma", schema},
         {"src/people.service.ts", "import { prisma } from './db';\nexport class PeopleService {\n" + service + "}\n"},
         {"src/people.controller.ts",
          "import { PeopleService } from './people.service';\nconst people = new PeopleService();\n"
          "export async function one(req, res) {\n  const user = await people.load(req.params.id);\n" +
              said + "}\n"}});
  };
  const std::string whole = "  async load(id: string) { return prisma.user.findUnique({ where: { id } }); }\n";
  EXPECT_FALSE(has(audit(whole, "  return res.json(shaped(user));\n"), "FA-005"));  // what comes of it is not known
  EXPECT_TRUE(has(audit(whole, "  return res.json(success(user));\n"), "FA-005:src/people.controller.ts:5"));
  EXPECT_TRUE(has(audit(whole, "  return res.json({ user });\n"), "FA-005:src/people.controller.ts:5"));
  EXPECT_FALSE(has(audit(whole, "  return res.json(toPublic(user));\n"), "FA-005"));
  EXPECT_FALSE(has(audit(whole, "  const { passwordHash, ...rest } = user;\n  return res.json(rest);\n"), "FA-005"));
  EXPECT_FALSE(
      has(audit("  async load(id: string) {\n    return prisma.user.findUnique({ where: { id }, select: { id: true } "
                "});\n  }\n",
                "  return res.json(user);\n"),
          "FA-005"));
  EXPECT_TRUE(
      has(audit("  async load(id: string) {\n    const [user, n] = await Promise.all([prisma.user.findUnique({ where: "
                "{ id } }), prisma.user.count()]);\n    return { user, n };\n  }\n",
                "  return res.json({ user: user.user });\n"),
          "FA-005"));
}

TEST(ScriptGives, WhatAMiddlewareAttachesIsAnsweredWithoutItsHash) {
  const auto audit = [](const std::string& chain) {
    return found(
        {{"guard.js", "exports.requireAuth = async (req, res, next) => {\n  req.user = await User.findById(id)" +
                          chain + ";\n  next();\n};\n"},
         {"me.js", "exports.me = (req, res) => res.json({ user: req.user });\n"}});
  };
  EXPECT_TRUE(has(audit(""), "FA-005:me.js:1"));
  EXPECT_FALSE(has(audit(".select('-password')"), "FA-005"));
}

TEST(ScriptGives, ATokenSignedWithASecretIsNotTheSecret) {
  EXPECT_FALSE(
      has(one("exports.in = (req, res) => res.json({ token: jwt.sign({ id: 1 }, process.env.JWT_SECRET) });\n"),
          "SEC-018"));
  EXPECT_TRUE(has(one("exports.key = (req, res) => res.json({ key: process.env.MAPS_SECRET_KEY });\n"), "SEC-018"));
}

}  // namespace
}  // namespace gatehouse::audit::source
