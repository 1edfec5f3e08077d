#include <gtest/gtest.h>

#include <string>

#include "controls/tls/card.h"
#include "controls/tls/control.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::tls {
namespace {

struct Site {
  std::vector<std::string> listen = {"https://[::]:443", "http://[::]:80"};
  std::vector<std::string> servers = {"http://127.0.0.1:8000"};
  bool tls_upstream = false;
  std::vector<std::string> proxies = {};
  gate::Mode mode = gate::Mode::production;
};

std::string found(const Site& site) {
  gate::GateConfig config;
  config.mode = site.mode;
  for (const auto& l : site.listen) config.listen.push_back(*conf::ServerUrl::parse(l));
  config.ingress.tls_upstream = site.tls_upstream;
  for (const auto& p : site.proxies) config.ingress.trusted_proxies.push_back(*conf::Cidr::parse(p));
  gate::UpstreamConfig upstream;
  upstream.name = "app";
  for (const auto& s : site.servers) upstream.servers.push_back(*conf::ServerUrl::parse(s));
  config.upstreams.push_back(upstream);
  auto control = make();
  std::vector<proof::Finding> out;
  control->check(*control->settings(), config, {}, out);
  std::string ids;
  for (const auto& f : out) ids += f.id + " ";
  return ids;
}

TEST(TlsCheck, HttpsOrADeclaredProxyIsGood) {
  EXPECT_EQ(found({}), "");
  EXPECT_EQ(found({.listen = {"http://0.0.0.0:8080"}, .tls_upstream = true, .proxies = {"10.0.0.0/8"}}), "");
  EXPECT_EQ(found({.listen = {"http://127.0.0.1:8080"}}), "");
  EXPECT_EQ(found({.listen = {"unix:/run/gatehouse.sock"}}), "");
}

TEST(TlsCheck, AnOpenPlainListenerAloneIsNot) {
  EXPECT_EQ(found({.listen = {"http://0.0.0.0:80"}}), "GH-TLS-NONE ");
  EXPECT_EQ(found({.listen = {"http://0.0.0.0:80"}, .mode = gate::Mode::development}), "");
}

TEST(TlsCheck, TlsInFrontNeedsAProxyThatIsTrusted) {
  EXPECT_EQ(found({.listen = {"http://0.0.0.0:8080"}, .tls_upstream = true}), "GH-TLS-INGRESS ");
}

TEST(TlsCheck, ADistantBackendMustNotBeReachedInTheClear) {
  EXPECT_EQ(found({.servers = {"http://api.partner.example"}}), "GH-TLS-UPSTREAM ");
  EXPECT_EQ(found({.servers = {"http://203.0.113.9:80"}}), "GH-TLS-UPSTREAM ");
  for (const char* near : {"http://backend:8000", "http://10.1.2.3:80", "http://[fd00::1]:80", "unix:/run/app.sock",
                           "http://app.internal", "https://api.partner.example", "http://localhost:3000"})
    EXPECT_EQ(found({.servers = {near}}), "") << near;
}

TEST(TlsProbe, TellsAGoodCertificateFromABadOneAndFromNone) {
  auto ok = [](const proof::Sent&) -> Result<proof::Seen> { return proof::Seen{.status = 200}; };
  auto run = [](proof::FakeTarget site) { return probe_list()[0].run(site); };
  EXPECT_EQ(run(proof::FakeTarget(ok)).holds, proof::Holds::yes);
  auto plain = run(proof::FakeTarget(ok, "http://app.example.com"));
  EXPECT_EQ(plain.holds, proof::Holds::no);
  EXPECT_EQ(plain.findings.at(0).id, "TLS-001");
  auto expired = run(proof::FakeTarget([](const proof::Sent&) -> Result<proof::Seen> {
    return fail(Source::origin, "tls", "certificate has expired");
  }));
  EXPECT_EQ(expired.holds, proof::Holds::no);
  EXPECT_EQ(expired.findings.at(0).id, "TLS-002");
  EXPECT_NE(expired.findings.at(0).evidence.at(0).find("expired"), std::string::npos);
  auto down = run(proof::FakeTarget(
      [](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "connect", "refused"); }));
  EXPECT_EQ(down.holds, proof::Holds::unknown);
}

}  // namespace
}  // namespace gatehouse::controls::tls
