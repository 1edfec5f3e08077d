#include "app/desks.h"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

kit::MountedPath mounted(kit::Entry entry) {
  kit::MountedPath at;
  at.service = "billing";
  at.path = "=/api/billing/orders";
  at.methods = {"GET"};
  at.entry = entry;
  return at;
}

TEST(Desks, who_is_signed_in_meets_the_same_rules_as_on_any_route) {
  const auto r = routed(mounted(kit::Entry::signed_in), "");
  EXPECT_EQ(r.config.desk, "billing");
  EXPECT_EQ(r.config.name, "billing /api/billing/orders");
  EXPECT_FALSE(r.config.machines);
  EXPECT_EQ(r.tables, "[access]\nallow = \"signed_in\"\n");
}

TEST(Desks, a_machine_that_signs_needs_no_sign_in_and_its_desk_keeps_the_rate) {
  const auto r = routed(mounted(kit::Entry::machine), "");
  EXPECT_TRUE(r.config.machines);
  EXPECT_NE(r.tables.find("allow = \"public\""), std::string::npos);
  EXPECT_NE(r.tables.find("cookieless = true"), std::string::npos);
  EXPECT_NE(r.tables.find("reason = "), std::string::npos) << "what is switched off says why";
}

TEST(Desks, a_desks_own_tables_come_last) {
  const auto r = routed(mounted(kit::Entry::signed_in), "[rate_limit]\nuser = \"10/min\"\n");
  EXPECT_TRUE(r.tables.ends_with("[rate_limit]\nuser = \"10/min\"\n"));
}

}  // namespace
}  // namespace gatehouse::app
