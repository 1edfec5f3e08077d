#include "audit/source/mail_links.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(MailLinks, LeadWhereTheServerSays) {
  const auto python = [](const std::string& base) {
    return finds(
        {{"views.py",
          "def forgot(request):\n    redirect_url = " + base +
              "\n    token = make_token(request.data['email'])\n"
              "    send_mail('Reset', 'Use ' + redirect_url + '?token=' + token, None, [request.data['email']])\n"}},
        "EX-012", "mail");
  };
  EXPECT_TRUE(python("request.data.get('redirect_url')"));
  EXPECT_FALSE(python("settings.FRONT_URL"));
  const auto script = [](const std::string& check) {
    return finds(
        {{"forgot.js",
          "exports.forgot = async (req, res) => {\n  const { email, redirectUrl } = req.body;\n" + check +
              "  await sendMail(email, `${redirectUrl}?token=${await makeToken(email)}`);\n  res.end();\n};\n"}},
        "EX-012", "mail");
  };
  EXPECT_TRUE(script(""));
  EXPECT_FALSE(script("  if (!ALLOWED.includes(redirectUrl)) return res.sendStatus(400);\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
