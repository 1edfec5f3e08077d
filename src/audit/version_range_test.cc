#include "audit/version_range.h"

#include <gtest/gtest.h>

#include <utility>

namespace gatehouse::audit {
namespace {

TEST(VersionRange, EndsAtTheNewestOfItsLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"~=3.1.2", "3.1.99999"},
      {"~=3.1", "3.99999.99999"},
      {"^4.17.1", "4.99999.99999"},
      {"^0.3.1", "0.3.99999"},
      {"^0.0.3", "0.0.3"},
      {"~8.5.1", "8.5.99999"},
      {"~8", "8.99999.99999"},
      {"==3.1.*", "3.1.99999"},
      {"3.x", "3.99999.99999"},
      {">=3.1,<3.2", "3.1.99999"},
      {">=3.1,<4.0", "3.99999.99999"},
      {"<2", "1.99999.99999"},
      {">=1.2.0 <2.0.0", "1.99999.99999"},
  };
  for (const auto& [wanted, newest] : cases) EXPECT_EQ(newest_of_range(wanted), newest) << wanted;
}

TEST(VersionRange, WithoutAnEndOrPlainNumbersHasNoNewest) {
  for (const char* wanted : {"", "*", ">=3", "latest", "1.2.3", "^1 || ^2", "<=3.1", "<0", "~=3", "^1.2.3-beta.1",
                             "workspace:^1.0.0", "git+https://x/y", "^99999999999999999999", "~", "1.2.3.4.x"})
    EXPECT_EQ(newest_of_range(wanted), "") << wanted;
}

}  // namespace
}  // namespace gatehouse::audit
