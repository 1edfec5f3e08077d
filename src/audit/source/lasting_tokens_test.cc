#include "audit/source/lasting_tokens.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kSigns{
    "lib/tokens.js",
    "const jwt = require('jsonwebtoken');\n"
    "exports.give = (who) => jwt.sign({ id: who.id }, process.env.KEY, { expiresIn: '1h' });\n"};

std::string change(std::string_view more = "") {
  return "exports.resetPassword = async (req, res) => {\n  const who = await User.findOne({ resetToken: req.body.token "
         "});\n"
         "  who.password = await bcrypt.hash(req.body.password, 12);\n" +
         std::string(more) + "  await who.save();\n  res.sendStatus(204);\n};\n";
}

TEST(LastingTokens, OutliveAPasswordThatWasChanged) {
  EXPECT_TRUE(finds({kSigns, {"controllers/auth.js", change()}}, "JWT-009", "new password"));
  EXPECT_TRUE(
      finds({{"app/tokens.py", "import jwt\ndef give(who):\n    return jwt.encode({'sub': who.id}, KEY, 'HS256')\n"},
             {"app/auth.py",
              "@router.post('/change-password')\ndef change_password(body: Change, who=Depends(me)):\n"
              "    who.hashed_password = hash_password(body.new_password)\n    db.commit()\n"}},
            "JWT-009", "new password"));
}

TEST(LastingTokens, EndWithItWhereSomebodySeesToThat) {
  EXPECT_FALSE(
      finds({kSigns, {"controllers/auth.js", change("  who.refreshToken = null;\n")}}, "JWT-009", "new password"));
  EXPECT_FALSE(
      finds({kSigns, {"controllers/auth.js", change("  who.tokenVersion += 1;\n")}}, "JWT-009", "new password"));
  // No tokens of its own, nothing to outlive.
  EXPECT_FALSE(finds({{"controllers/auth.js", change()}}, "JWT-009", "new password"));
}

}  // namespace
}  // namespace gatehouse::audit::source
