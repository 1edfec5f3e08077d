#include "audit/source/taken_over.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool sign_up(const std::string& there) {
  return finds(
      {{"package.json", R"({"dependencies":{"express":"4.21.2","mongoose":"8.8.1","bcryptjs":"2.4.3"}})"},
       {"api/join.js",
        "const bcrypt = require('bcryptjs');\nexports.signup = async (req, res) => {\n"
        "  const { email, password } = req.body;\n  let user = await User.findOne({ email });\n  if (user) {\n" +
            there +
            "  } else {\n    user = new User({ email, password: await bcrypt.hash(password, 10) });\n  }\n"
            "  await user.save();\n  res.json({ id: user._id });\n};\n"}},
      "AU-006");
}

TEST(TakenOver, BySigningUpOnceMore) {
  EXPECT_TRUE(sign_up("    user.password = await bcrypt.hash(password, 10);\n"));
  EXPECT_FALSE(sign_up("    return res.status(409).json({ message: 'taken' });\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
