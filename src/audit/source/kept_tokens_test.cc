#include "audit/source/kept_tokens.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool script(const std::string& lookup) {
  return said(audited({{"package.json", R"({"dependencies":{"express":"4.21.2","mongoose":"8.8.1"}})"},
                       {"routes/auth.js",
                        "const crypto = require('crypto');\nexports.reset = async (req, res) => {\n"
                        "  const { token } = req.params;\n" +
                            lookup + "};\n"}},
                      "AU-014"),
              "AU-014");
}

TEST(KeptTokens, OfScripts) {
  EXPECT_TRUE(script("  const user = await User.findOne({ resetPasswordToken: token });\n"));
  EXPECT_TRUE(script("  const user = await prisma.user.findFirst({ where: { resetToken: req.params.token } });\n"));
  EXPECT_FALSE(
      script("  const hashed = crypto.createHash('sha256').update(token).digest('hex');\n"
             "  const user = await User.findOne({ resetPasswordToken: hashed });\n"));
  EXPECT_FALSE(
      script("  const mark = crypto.createHash('sha256').update(token).digest('hex');\n"
             "  const user = await User.findOne({ resetPasswordToken: mark });\n"));
  EXPECT_FALSE(script("  await User.updateOne({ _id: id }, { resetPasswordToken: null });\n"));
}

TEST(KeptTokens, OfPython) {
  const auto python = [](const std::string& lookup) {
    return said(lines_of("app/auth.py", "def reset(token, db):\n" + lookup, "AU-014"), "AU-014");
  };
  EXPECT_TRUE(python("    user = db.query(User).filter(User.reset_token == token).first()\n"));
  EXPECT_TRUE(python("    user = User.query.filter_by(password_reset_token=token).first()\n"));
  EXPECT_FALSE(
      python("    mark = hashlib.sha256(token.encode()).hexdigest()\n"
             "    user = User.query.filter_by(password_reset_token=mark).first()\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
