// What sign-in libraries are told to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

TEST(AuthOptions, AnAddressIsSomebodysOnceItWasConfirmed) {
  const auto told = [](const std::string& by_mail) {
    return lines_of(
        "lib/auth.ts",
        "import { betterAuth } from 'better-auth';\nexport const auth = betterAuth({\n  emailAndPassword: { " +
            by_mail + " },\n});\n",
        "AU-006");
  };
  EXPECT_THAT(told("enabled: true"), Contains("AU-006:3"));
  EXPECT_THAT(told("enabled: true, requireEmailVerification: false"), Contains("AU-006:3"));
  EXPECT_THAT(told("enabled: true, requireEmailVerification: true"), IsEmpty());
  EXPECT_THAT(told("enabled: true, requireEmailVerification: production"), IsEmpty());
  EXPECT_THAT(told("enabled: true, disableSignUp: true"), IsEmpty());
  EXPECT_THAT(told("enabled: false"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source
