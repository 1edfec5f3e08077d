// Passwords in mails.
#include "audit/source/mailed_passwords.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using Strings = std::vector<std::string>;

TEST(MailedPasswords, AreToldInEitherLanguage) {
  const auto python = [](const std::string& mail) {
    return lines_of("accounts/views.py",
                    "from django.core.mail import send_mail\n\ndef invite(request, user, password):\n" + mail,
                    "SEC-014");
  };
  EXPECT_EQ(python("    send_mail('Welcome', f'Your password is {password}', None, [user.email])\n"),
            Strings{"SEC-014:4"});
  EXPECT_EQ(
      python(
          "    text = 'Hello, ' + user.name + ': ' + password\n    send_mail('Welcome', text, None, [user.email])\n"),
      Strings{"SEC-014:4"});
  EXPECT_TRUE(
      python("    send_mail('Welcome', f'Choose it here: {reset_password_url}', None, [user.email])\n").empty());
  EXPECT_TRUE(python("    send_mail('Changed', 'Your password was changed.', None, [user.email])\n").empty());
  const auto script = [](const std::string& mail) {
    return lines_of(
        "src/invite.js",
        "module.exports = async (user, tempPassword) => {\n  await transporter.sendMail({ to: user.email, " + mail +
            " });\n};\n",
        "SEC-014");
  };
  EXPECT_EQ(script("text: `Your password: ${tempPassword}`"), Strings{"SEC-014:2"});
  EXPECT_TRUE(script("text: `Choose a password: ${link}`").empty());
}

}  // namespace
}  // namespace gatehouse::audit::source
