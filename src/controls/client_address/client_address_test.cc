#include <gtest/gtest.h>

#include "controls/client_address/card.h"
#include "controls/client_address/control.h"
#include "controls/testing/probe_of.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::client_address {
namespace {

proof::Seen answer(int status, std::string body = {}) { return {.status = status, .body = std::move(body)}; }

proof::Observation run(std::string_view id, proof::Target& site) {
  return testing::probe_of(probe_list(), id).run(site);
}

TEST(ClientAddressProbes, ASiteThatKnowsTheSocketHolds) {
  proof::FakeTarget site([](const proof::Sent& s) -> Result<proof::Seen> {
    return s.path == "/private" ? answer(403) : answer(200, "you are 203.0.113.9");
  });
  site.path("protected", "/private");
  for (const proof::Probe& p : probe_list()) EXPECT_EQ(p.run(site).holds, proof::Holds::yes) << p.id;
}

TEST(ClientAddressProbes, ASiteThatBelievesIsFoundByEachHeader) {
  for (const char* believed : {"X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP"}) {
    proof::FakeTarget site([believed](const proof::Sent& s) -> Result<proof::Seen> {
      std::string claim = proof::sent_header(s, believed);
      return answer(claim.find("127.0.0.1") == claim.npos ? 403 : 200);
    });
    site.path("protected", "/private");
    auto o = run("AU-010", site);
    ASSERT_EQ(o.holds, proof::Holds::no) << believed;
    EXPECT_EQ(o.findings[0].severity, proof::Severity::critical);
  }
  proof::FakeTarget echo([](const proof::Sent& s) -> Result<proof::Seen> {
    return answer(200, "you are " + proof::sent_header(s, "X-Forwarded-For"));
  });
  EXPECT_EQ(run("IP-001", echo).holds, proof::Holds::no);
}

TEST(ClientAddressProbes, SayWhatTheyCouldNotCheck) {
  proof::FakeTarget open([](const proof::Sent&) -> Result<proof::Seen> { return answer(200); });
  EXPECT_EQ(run("AU-010", open).holds, proof::Holds::unknown);
  open.path("protected", "/open");
  EXPECT_EQ(run("AU-010", open).holds, proof::Holds::unknown) << "an open path proves nothing";
  proof::FakeTarget down([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "connect"); });
  down.path("protected", "/x");
  for (const proof::Probe& p : probe_list()) EXPECT_EQ(p.run(down).holds, proof::Holds::unknown) << p.id;
}

std::vector<std::string> findings(const gate::GateConfig& config) {
  auto control = make();
  std::vector<proof::Finding> found;
  control->check(*control->settings(), config, {}, found);
  std::vector<std::string> ids;
  for (const auto& f : found) ids.push_back(f.id);
  return ids;
}

TEST(ClientAddressCheck, WholePrivateRangesAreNamed) {
  gate::GateConfig c;
  c.listen = {*conf::ListenUrl::parse("https://0.0.0.0:443")};
  EXPECT_TRUE(findings(c).empty());
  c.ingress.trusted_proxies = {*conf::Cidr::parse("10.0.0.0/8"), *conf::Cidr::parse("10.1.2.0/24")};
  EXPECT_EQ(findings(c), std::vector<std::string>{"GH-CLIENT-ADDRESS-WIDE"});
  c.mode = gate::Mode::development;
  EXPECT_TRUE(findings(c).empty());
}

TEST(ClientAddressCheck, BehindAnUnlistedProxyEverybodyIsLoopback) {
  gate::GateConfig c;
  c.listen = {*conf::ListenUrl::parse("http://127.0.0.1:8080")};
  EXPECT_EQ(findings(c), std::vector<std::string>{"GH-CLIENT-ADDRESS-HIDDEN"});
  c.ingress.trusted_proxies = {*conf::Cidr::parse("127.0.0.1")};
  EXPECT_TRUE(findings(c).empty());
}

}  // namespace
}  // namespace gatehouse::controls::client_address
