// Sign-ins by passport, tokens in redirects, secrets that stand in for others, and digests of what was written again.
#include <gtest/gtest.h>

#include "audit/source/audited.h"
#include "audit/source/file.h"

namespace gatehouse::audit::source {
namespace {

TEST(Passport, ASignInWithoutStateIsToldUnlessTheStrategyKeepsOne) {
  const auto project = [](const std::string& route, const std::string& strategy) {
    return audited({{"routes/auth.js",
                     "const passport = require('passport');\nconst router = require('express').Router();\n"
                     "router.get('/google', passport.authenticate('google', " +
                         route + "));\nmodule.exports = router;\n"},
                    {"config/passport.js",
                     "const passport = require('passport');\nconst { Strategy: GoogleStrategy } = "
                     "require('passport-google-oauth20');\npassport.use(new GoogleStrategy({ clientID: id" +
                         strategy + " }, done));\n"}});
  };
  EXPECT_TRUE(said(project("{ scope: ['email'] }", ""), "OAU-001:3"));
  EXPECT_FALSE(said(project("{ scope: ['email'], state: make(req) }", ""), "OAU-001"));
  EXPECT_FALSE(said(project("{ scope: ['email'] }", ", state: true"), "OAU-001"));
  EXPECT_FALSE(said(project("{ failureRedirect: '/' }", ""), "OAU-001"));
}

TEST(Passport, AnAccountThatIsJoinedByItsAddressAloneIsTold) {
  const auto strategy = [](const std::string& before) {
    return audited({{"passport.js",
                     "const GoogleStrategy = require('passport-google-oauth20').Strategy;\n"
                     "passport.use(new GoogleStrategy({ state: true }, async (a, r, profile, done) => {\n" +
                         before +
                         "  const email = profile.emails[0].value;\n  const user = await User.findOne({ email });\n"
                         "  user.googleId = profile.id;\n  await user.save();\n  return done(null, user);\n}));\n"}});
  };
  EXPECT_TRUE(said(strategy(""), "OAU-003:4"));
  EXPECT_FALSE(said(strategy("  if (!profile.emails[0].verified) return done(null, false);\n"), "OAU-003"));
}

TEST(Redirects, ThatCarryATokenAreTold) {
  const auto route = [](const std::string& to) {
    return audited({{"auth.js", "exports.back = (req, res) => {\n  const token = sign(req.user);\n  res.redirect(" +
                                    to + ");\n};\nfunction sign() {}\n"}});
  };
  EXPECT_TRUE(said(route("`${process.env.WEB}/done?token=${token}`"), "FA-019:3"));
  EXPECT_TRUE(said(route("process.env.WEB + '/done?token=' + token"), "FA-019:3"));
  EXPECT_FALSE(said(route("`${process.env.WEB}/reset?token=${token}`"), "FA-019"));
  EXPECT_FALSE(said(route("`${process.env.WEB}/done#token=${token}`"), "FA-019"));
  EXPECT_FALSE(said(route("`${process.env.WEB}/done?next=${req.user.home}`"), "FA-019"));
}

TEST(Secrets, ThatStandInForOthersAreTold) {
  const auto secret = [](const std::string& value) {
    return audited({{"hook.js", "const secret = " + value + ";\nmodule.exports = secret;\n"}});
  };
  EXPECT_TRUE(said(secret("process.env.PAY_WEBHOOK_SECRET || process.env.PAY_KEY_SECRET"), "SEC-012:1"));
  EXPECT_TRUE(said(secret("process.env.REFRESH_TOKEN_SECRET ?? process.env.JWT_SECRET"), "SEC-012:1"));
  EXPECT_FALSE(said(secret("process.env.AUTH_SECRET || process.env.NEXTAUTH_SECRET"), "SEC-012"));
  EXPECT_FALSE(said(secret("process.env.WEBHOOK_SECRET || process.env.STRIPE_WEBHOOK_SECRET"), "SEC-012"));
}

TEST(Webhooks, ADigestOfWhatWasWrittenAgainIsToldInAHelper) {
  const auto helper = [](const std::string& what) {
    return audited({{"services/hook.js",
                     "const crypto = require('crypto');\nconst good = (body, signature) => {\n  const made = "
                     "crypto.createHmac('sha256', process.env.S).update(" +
                         what + ").digest('hex');\n  return made === signature;\n};\nmodule.exports = { good };\n"}});
  };
  EXPECT_TRUE(said(helper("JSON.stringify(body)"), "EX-019:3"));
  EXPECT_FALSE(said(helper("body"), "EX-019"));
}

TEST(Names, OfOneTimeCodesAreToldFromForgottenPasswords) {
  EXPECT_TRUE(says_otp("const sendOtp = 1"));
  EXPECT_TRUE(says_otp("forgotPassword(); user.otp = 1"));
  EXPECT_FALSE(says_otp("exports.forgotPassword = ForgotPasswordView"));
  EXPECT_FALSE(says_otp("ot"));
}

TEST(Tokens, TheirSpanIsReadBehindASettingToo) {
  const auto token = [](const std::string& span) {
    return audited({{"token.js",
                     "const jwt = require('jsonwebtoken');\nmodule.exports = (id) =>\n  jwt.sign({ id }, "
                     "process.env.JWT_SECRET, { expiresIn: " +
                         span + " });\n"}});
  };
  EXPECT_TRUE(said(token("process.env.JWT_EXPIRES_IN || '7d'"), "JWT-006:3"));
  EXPECT_FALSE(said(token("process.env.JWT_EXPIRES_IN || '15m'"), "JWT-006"));
}

}  // namespace
}  // namespace gatehouse::audit::source
