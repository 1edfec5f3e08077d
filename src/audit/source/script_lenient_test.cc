// Checks that let pass when something is missing or fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

std::vector<std::string> of(const std::string& code) { return lines_of("src/guard.js", code, "EX-021"); }

TEST(LenientChecks, AMissingSettingMayNotOpenTheDoor) {
  const auto captcha = [](const std::string& then) {
    return of("async function verifyCaptcha(t) {\n  if (!process.env.CAPTCHA_SECRET) " + then +
              "\n  return ask(t);\n}\n");
  };
  EXPECT_THAT(captcha("return { success: true };"), Contains("EX-021:2"));
  EXPECT_THAT(captcha("return true;"), Contains("EX-021:2"));
  EXPECT_THAT(captcha("return false;"), IsEmpty());
  EXPECT_THAT(captcha("throw new Error('not configured');"), IsEmpty());
}

TEST(LenientChecks, ASecretIsAskedForEvenWhereThereIsNone) {
  const std::string head = "const expected = process.env.API_KEY;\nmodule.exports = (req, res, next) => {\n  ";
  EXPECT_THAT(of(head + "if (expected && req.get('k') !== expected) return res.status(401).end();\n  next();\n};\n"),
              Contains("EX-021:3"));
  // Alone the comparison holds undefined against undefined (script_open_keys.cc).
  EXPECT_THAT(of(head + "if (!expected || req.get('k') !== expected) return res.status(401).end();\n  next();\n};\n"),
              IsEmpty());
}

TEST(LenientChecks, WhoHasNoRoleIsNobody) {
  const auto admin = [](const std::string& condition) {
    return of("module.exports = async (req, res, next) => {\n  const row = await roles.of(req.user.id);\n  if (" +
              condition + ") return res.status(403).end();\n  next();\n};\n");
  };
  EXPECT_THAT(admin("row && row.role !== 'admin'"), Contains("EX-021:3"));
  EXPECT_THAT(admin("!row || row.role !== 'admin'"), IsEmpty());
}

TEST(LenientChecks, ACheckThatFailsIsNoneThatHeld) {
  const auto admin = [](const std::string& name, const std::string& then) {
    return of("const " + name +
              " = async (req, res, next) => {\n  try {\n    if (!(await ask(req))) return "
              "res.status(403).end();\n    next();\n  } catch (e) {\n    " +
              then + "\n  }\n};\n");
  };
  EXPECT_THAT(admin("isAdmin", "next();"), Contains("EX-021:5"));
  EXPECT_THAT(admin("isAdmin", "next(e);"), IsEmpty());
  EXPECT_THAT(admin("isAdmin", "res.status(500).end();"), IsEmpty());
  EXPECT_THAT(admin("optionalAuth", "next();"), IsEmpty()) << "who is not signed in goes on as nobody";
}

TEST(LenientChecks, AnAnswerThatStandsForACheckIsNoCheck) {
  const auto coupon = [](const std::string& said) {
    return of(
        "export async function coupon(code) {\n  try {\n    return await ask(code);\n  } catch (e) {\n    return { " +
        said + " };\n  }\n}\n");
  };
  EXPECT_THAT(coupon("valid: true, score: 80"), Contains("EX-021:5"));
  EXPECT_THAT(coupon("valid: false"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
