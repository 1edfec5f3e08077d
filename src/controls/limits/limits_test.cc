#include <gtest/gtest.h>

#include <chrono>

#include "controls/limits/card.h"
#include "controls/limits/control.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::limits {
namespace {

using namespace std::chrono_literals;

proof::Seen status(int s) {
  proof::Seen seen;
  seen.status = s;
  return seen;
}

proof::Holds probe(std::string_view id, proof::FakeTarget::Site site) {
  proof::FakeTarget target(std::move(site));
  for (const proof::Probe& p : probe_list()) {
    if (p.id != id) continue;
    auto o = p.run(target);
    EXPECT_EQ(o.holds == proof::Holds::unknown, !o.not_checked.empty());
    EXPECT_EQ(o.holds == proof::Holds::no, !o.findings.empty());
    return o.holds;
  }
  ADD_FAILURE() << id;
  return proof::Holds::unknown;
}

TEST(LimitsProbes, ABodyOfAnySizeIsFound) {
  EXPECT_EQ(probe("RL-004", [](const proof::Sent&) { return status(413); }), proof::Holds::yes);
  EXPECT_EQ(probe("RL-004", [](const proof::Sent&) { return status(200); }), proof::Holds::no);
  EXPECT_EQ(probe("RL-004",
                  [](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "timeout", "silent"); }),
            proof::Holds::no);
  EXPECT_EQ(probe("RL-004", [](const proof::Sent&) { return status(401); }), proof::Holds::unknown);
  EXPECT_EQ(probe("RL-004",
                  [](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "connect", "down"); }),
            proof::Holds::unknown);
}

TEST(LimitsProbes, AHeaderOfAnySizeIsFound) {
  auto bounded = [](const proof::Sent& s) { return status(s.raw.size() > 100000 ? 431 : 200); };
  EXPECT_EQ(probe("RL-006", bounded), proof::Holds::yes);
  EXPECT_EQ(probe("RL-006", [](const proof::Sent&) { return status(200); }), proof::Holds::no);
  EXPECT_EQ(probe("RL-006", [](const proof::Sent&) { return status(401); }), proof::Holds::unknown);
}

std::vector<std::string> findings(const gate::GateConfig& config) {
  auto control = make();
  std::vector<proof::Finding> found;
  control->check(*control->settings(), config, {}, found);
  std::vector<std::string> ids;
  for (const auto& f : found) {
    ids.push_back(f.id);
    EXPECT_FALSE(f.evidence.empty());
    EXPECT_FALSE(f.mitigation.empty());
  }
  return ids;
}

TEST(LimitsCheck, TheDefaultsAreGood) { EXPECT_TRUE(findings({}).empty()); }

TEST(LimitsCheck, EachWideLimitIsNamed) {
  gate::GateConfig c;
  c.limits.header_time = 60s;
  EXPECT_EQ(findings(c), std::vector<std::string>{"GH-LIMITS-HEADER-TIME"});
  c = {};
  c.limits.header_bytes = 1 << 20;
  EXPECT_EQ(findings(c), std::vector<std::string>{"GH-LIMITS-HEADER"});
  c = {};
  c.limits.min_body_rate = 1;
  EXPECT_EQ(findings(c), std::vector<std::string>{"GH-LIMITS-BODY-RATE"});
  c = {};
  c.limits.body = 1u << 30;
  EXPECT_EQ(findings(c), std::vector<std::string>{"GH-LIMITS-BODY"});
  c = {};
  c.limits.connections_per_address = c.limits.connections;
  EXPECT_EQ(findings(c), std::vector<std::string>{"GH-LIMITS-SHARE"});
}

TEST(LimitsCheck, UploadsEverywhereAreNamedAndUploadsOnTheirRouteAreNot) {
  gate::GateConfig c;
  c.routes.resize(2);
  c.routes[0].path = "/upload/";
  c.routes[0].body_limit = 1u << 30;
  c.routes[1].path = "/";
  EXPECT_TRUE(findings(c).empty());
  c.routes[1].body_limit = 1u << 30;
  EXPECT_EQ(findings(c), std::vector<std::string>{"GH-LIMITS-ROUTE-BODY"});
}

}  // namespace
}  // namespace gatehouse::controls::limits
