#include "app/finding_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;

TEST(FindingIds, hold_those_of_rules_and_of_probes_once_each) {
  const auto ids = finding_ids();
  EXPECT_THAT(ids, ::testing::Contains("DJ-012"));
  EXPECT_THAT(ids, ::testing::Contains("CORS-001"));
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST(FindingIds, take_whole_ids_and_beginnings_and_the_users_own) {
  EXPECT_EQ(fault_of_ids("", {}), std::nullopt);
  EXPECT_EQ(fault_of_ids("SEC, DJ-012,CORS-", {}), std::nullopt);
  EXPECT_EQ(fault_of_ids("SHOP-001", {"SHOP-001"}), std::nullopt);
}

TEST(FindingIds, name_what_takes_nothing_and_what_is_near) {
  EXPECT_THAT(fault_of_ids("DJ-012,secrets", {}).value_or(""), HasSubstr("no finding is called secrets"));
  EXPECT_THAT(fault_of_ids("DJ-O12", {}).value_or(""), HasSubstr("did you mean DJ-012?"));
  EXPECT_THAT(fault_of_ids("S", {}).value_or(""), HasSubstr("no finding is called S"));
}

}  // namespace
}  // namespace gatehouse::app
