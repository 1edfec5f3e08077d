#include "controls/weakness.h"

#include <gtest/gtest.h>

namespace gatehouse::controls {
namespace {

constexpr int kCwe[] = {1};
constexpr std::string_view kNone[] = {"X-1"};
constexpr proof::Card kCard{"sample", "Sample", "attack", proof::Severity::low, kCwe,   "A05", "A02", {},
                            kNone,    "impact", "fix",    "mitigation",         "false"};

TEST(Weakness, AControlInForceIsNone) {
  std::vector<proof::Finding> out;
  EXPECT_FALSE(report_absence(kCard, "S-1", Settings{}, gate::RouteConfig{}, out));
  EXPECT_TRUE(out.empty());
}

TEST(Weakness, AControlSwitchedOffIsNamedWithItsReasonAndPlace) {
  Settings off;
  off.enabled = false;
  off.reason = "legacy client";
  off.place = {"gatehouse.toml", 12, 1};
  gate::RouteConfig route;
  route.path = "/api/";
  std::vector<proof::Finding> out;
  EXPECT_TRUE(report_absence(kCard, "S-1", off, route, out));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].id, "S-1");
  EXPECT_EQ(out[0].control, "sample");
  EXPECT_EQ(out[0].locations.at(0).path, "gatehouse.toml");
  EXPECT_EQ(out[0].locations.at(0).line, 12);
  EXPECT_EQ(out[0].evidence.at(0), "sample is switched off for route /api/; the reason given is: legacy client");
}

TEST(Weakness, AnObservingControlIsNamedAndTheRestIsStillJudged) {
  Settings observe;
  observe.observe = true;
  std::vector<proof::Finding> out;
  gate::RouteConfig route;
  route.place = {"gatehouse.toml", 30, 1};
  EXPECT_FALSE(report_absence(kCard, "S-1", observe, route, out));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].locations.at(0).line, 30);
  EXPECT_NE(out[0].evidence.at(0).find("only observes on every route"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse::controls
