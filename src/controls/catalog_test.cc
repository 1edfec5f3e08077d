#include "controls/catalog.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace gatehouse::controls {
namespace {

// Changing this order changes which rule speaks first: it is a decision, never an accident.
TEST(Catalog, TheOrderOfTheWayInIsPinned) {
  std::vector<std::string> ids;
  for (const auto& control : catalog()) ids.emplace_back(control->card().id);
  // clang-format off
  const std::vector<std::string> expected = {
      "startup",  // before a request
      "canonical",
      "limits",
      "tls",
      "client_address",
      "request_id",  // trace
      "auditor",
      "https_only",  // shield
      "headers",
      "error_mask",
      "cors",        // greet
      "rate_limit",  // limit, account
      "security_txt",
      "jwt",         // identify
      "access",  // authorize, verify
      "csrf",
      "identity_out",  // shape
      "log_policy",  // the record
  };
  // clang-format on
  EXPECT_EQ(ids, expected);
}

TEST(Catalog, EveryCardIsWhole) {
  std::set<std::string_view> ids;
  for (const auto& control : catalog()) {
    const proof::Card& card = control->card();
    EXPECT_TRUE(ids.insert(card.id).second) << card.id << " stands twice";
    for (std::string_view text : {card.title, card.attack, card.impact, card.fix, card.mitigation, card.false_positive})
      EXPECT_FALSE(text.empty()) << card.id;
    EXPECT_FALSE(card.cwe.empty()) << card.id;
    EXPECT_FALSE(card.requirements.empty()) << card.id;
    for (std::string_view owasp : {card.owasp_2021, card.owasp_2025}) {
      ASSERT_EQ(owasp.size(), 3u) << card.id;
      EXPECT_TRUE(owasp >= "A01" && owasp <= "A10") << card.id << " " << owasp;
    }
    for (std::string_view asvs : card.asvs) EXPECT_TRUE(asvs.starts_with("v5.0.0-")) << card.id << " " << asvs;
  }
}

TEST(Catalog, EveryProbeNamesItsOwnControlAndCanRun) {
  std::set<std::string_view> ids;
  for (const auto& control : catalog())
    for (const proof::Probe& probe : control->probes()) {
      EXPECT_EQ(probe.control, control->card().id) << probe.id;
      EXPECT_TRUE(ids.insert(probe.id).second) << probe.id << " stands twice";
      EXPECT_NE(probe.run, nullptr) << probe.id;
    }
}

TEST(Catalog, SettingsStartAsTheDefaults) {
  for (const auto& control : catalog()) {
    auto settings = control->settings();
    ASSERT_NE(settings, nullptr) << control->card().id;
    EXPECT_TRUE(settings->enabled) << control->card().id;
    EXPECT_FALSE(settings->observe) << control->card().id;
  }
}

}  // namespace
}  // namespace gatehouse::controls
