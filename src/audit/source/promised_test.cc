#include "audit/source/promised.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool promises(const std::string& readme, const std::string& code = "x = 1\n") {
  return finds({{"README.md", readme}, {"a.py", code}, {"b.py", "y = 1\n"}, {"c.py", "z = 1\n"}}, "DOC-001",
               "promises");
}

TEST(Promised, WhatNothingInTheCodeDoesIsTold) {
  EXPECT_TRUE(promises("# Shop\n## Features\n- Rate limiting on every endpoint\n"));
  EXPECT_TRUE(promises("# Shop\n## Features\n- Payments by Stripe and PayPal\n", "import stripe\n"));
  EXPECT_FALSE(promises("# Shop\n## Features\n- Rate limiting on every endpoint\n", "limiter = Limiter()\n"));
  EXPECT_FALSE(promises("# Shop\n## Roadmap\n- Rate limiting on every endpoint\n"));
  EXPECT_FALSE(promises("# Shop\n## Features\n- Rate limiting (planned)\n"));
}

TEST(Promised, AMessageThatIsOnlySpokenOfIsTold) {
  const auto said = [](const std::string& line) {
    return finds(
        {{"auth.py",
          "@bp.route('/forgot', methods=['POST'])\ndef forgot_password():\n    email = request.form['email']\n" + line +
              "    flash('A reset link has been sent to your email.')\n    return render_template('x')\n"}},
        "DOC-001", "nothing is sent");
  };
  EXPECT_TRUE(said(""));
  EXPECT_FALSE(said("    send_reset_mail(email)\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source
