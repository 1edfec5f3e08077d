#include <gtest/gtest.h>

#include <string>

#include "controls/https_only/card.h"
#include "controls/https_only/control.h"
#include "controls/https_only/filter.h"
#include "controls/testing/probe_of.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::https_only {
namespace {

using gate::Code;
using gate::testing::ExchangeFixture;

constexpr http::FieldName kLocation{"location"};
constexpr http::FieldName kHsts{"strict-transport-security"};

gate::GateConfig site(std::vector<std::string> hosts = {"app.example.com", "api.example.com"}) {
  gate::GateConfig config;
  config.site.hosts = std::move(hosts);
  return config;
}

struct Plain : ExchangeFixture {
  explicit Plain(std::string_view method = "GET", std::string_view path = "/") : ExchangeFixture(method, path) {
    x.secure = false;
    request.scheme = "http";
  }
};

std::string redirect_of(const HttpsOnlyFilter& filter, ExchangeFixture& f) {
  auto v = ExchangeFixture::settle(filter.request(f.x));
  if (!std::holds_alternative<gate::Reply>(v)) return "(no reply)";
  const http::Response& r = std::get<gate::Reply>(v).response;
  return std::to_string(r.status) + " " + std::string(r.fields.get(kLocation).value_or("(none)"));
}

TEST(HttpsOnly, SafeMethodsAreSentToTheSameAddressOverHttps) {
  HttpsOnlyFilter filter({}, site());
  for (std::string_view method : {"GET", "HEAD", "OPTIONS"}) {
    Plain f(method, "/a/b?x=1&y=%2F");
    EXPECT_EQ(redirect_of(filter, f), "308 https://app.example.com/a/b?x=1&y=%2F");
  }
  Plain other;
  other.request.authority = "api.example.com:80";
  EXPECT_EQ(redirect_of(filter, other), "308 https://api.example.com/");
}

TEST(HttpsOnly, ThePoisonedHostNeverAppearsInTheRedirect) {
  HttpsOnlyFilter filter({}, site());
  for (std::string_view host : {"evil.example", "app.example.com.evil.example", "evil.example:80", ""}) {
    Plain f;
    f.request.authority = host;
    EXPECT_EQ(redirect_of(filter, f), "308 https://app.example.com/");
  }
}

TEST(HttpsOnly, UnsafeMethodsAreRefusedNotRedirected) {
  HttpsOnlyFilter filter({}, site());
  for (std::string_view method : {"POST", "PUT", "PATCH", "DELETE", "PROPFIND"}) {
    Plain f(method);
    EXPECT_EQ(f.refusal(filter.request(f.x)), Code::https_required) << method;
  }
}

TEST(HttpsOnly, WithoutAConfiguredHostThereIsNowhereToRedirectTo) {
  HttpsOnlyFilter filter({}, site({}));
  Plain f;
  EXPECT_EQ(f.refusal(filter.request(f.x)), Code::https_required);
}

TEST(HttpsOnly, HttpsDevelopmentAndExemptPathsPass) {
  HttpsOnlySettings settings;
  settings.exempt = {"/healthz", "/probe/"};
  HttpsOnlyFilter filter(settings, site());
  ExchangeFixture secure("POST");
  EXPECT_TRUE(secure.passes(filter.request(secure.x)));
  Plain development("POST");
  development.x.development = true;
  EXPECT_TRUE(development.passes(filter.request(development.x)));
  for (std::string_view path : {"/.well-known/acme-challenge/token", "/healthz", "/probe/live"}) {
    Plain f("GET", path);
    EXPECT_TRUE(f.passes(filter.request(f.x))) << path;
  }
  for (std::string_view path : {"/healthz/deeper", "/healthzz", "/probe", "/.well-known/acme-challenge"}) {
    Plain f("GET", path);
    EXPECT_FALSE(f.passes(filter.request(f.x))) << path;
  }
}

TEST(HttpsOnly, AnotherPublicPortIsWritten) {
  HttpsOnlySettings settings;
  settings.port = 8443;
  Plain f;
  EXPECT_EQ(redirect_of(HttpsOnlyFilter(settings, site()), f), "308 https://app.example.com:8443/");
  Plain g;
  g.request.authority = "app.example.com:9443";
  EXPECT_EQ(redirect_of(HttpsOnlyFilter(settings, site({"app.example.com:9443"})), g),
            "308 https://app.example.com:9443/");
}

std::string hsts_after(const HttpsOnlySettings& settings, ExchangeFixture& f, std::string_view theirs = "",
                       std::vector<std::string> hosts = {"app.example.com"}) {
  HttpsOnlyFilter filter(settings, site(std::move(hosts)));
  http::Response& out = f.answer(200);
  if (!theirs.empty()) out.fields.add(kHsts, theirs);
  EXPECT_TRUE(f.passes(filter.response(f.x, out)));
  EXPECT_LE(out.fields.count(kHsts), 1u);
  return std::string(out.fields.get(kHsts).value_or("(none)"));
}

TEST(Hsts, OneYearOnEveryAnswerOverHttps) {
  ExchangeFixture f;
  EXPECT_EQ(hsts_after({}, f), "max-age=31536000");
  HttpsOnlySettings more;
  more.include_subdomains = more.preload = true;
  EXPECT_EQ(hsts_after(more, f), "max-age=31536000; includeSubDomains; preload");
}

TEST(Hsts, NeverInDevelopmentOverHttpOrForNamesThatAreNotPublic) {
  constexpr std::string_view kTheirs = "max-age=63072000; includeSubDomains";
  ExchangeFixture development;
  development.x.development = true;
  EXPECT_EQ(hsts_after({}, development, kTheirs), "(none)");
  Plain plain;
  EXPECT_EQ(hsts_after({}, plain, kTheirs), "(none)");
  for (const char* host : {"localhost", "127.0.0.1", "[::1]", "app.localhost", "app.test", "printer.local", "intranet",
                           "10.0.0.8", "nas.home.arpa"}) {
    ExchangeFixture f;
    f.request.authority = host;
    EXPECT_EQ(hsts_after({}, f, kTheirs, {host}), "(none)") << host;
  }
  ExchangeFixture unknown;
  unknown.request.authority = "not-ours.example.com";
  EXPECT_EQ(hsts_after({}, unknown, kTheirs), "(none)");
}

TEST(Hsts, AStricterBackendIsNeverWeakened) {
  ExchangeFixture f;
  EXPECT_EQ(hsts_after({}, f, "max-age=63072000; includeSubDomains; preload"),
            "max-age=63072000; includeSubDomains; preload");
  EXPECT_EQ(hsts_after({}, f, "max-age=300; includeSubDomains"), "max-age=31536000; includeSubDomains");
  HttpsOnlySettings subdomains;
  subdomains.include_subdomains = true;
  EXPECT_EQ(hsts_after(subdomains, f, "max-age=63072000"), "max-age=63072000; includeSubDomains");
}

TEST(Hsts, AWeakerOrBrokenValueIsReplaced) {
  for (std::string_view theirs :
       {"max-age=0", "max-age=300", "", "nonsense", "max-age=-1", "max-age=1; max-age=99999999", "includeSubDomains"}) {
    ExchangeFixture f;
    EXPECT_EQ(hsts_after({}, f, theirs), "max-age=31536000") << theirs;
  }
}

TEST(HttpsOnlyProbe, TellsGoodSitesFromBadOnes) {
  auto answer = [](int status, std::string name = "", std::string value = "") {
    return [=](const proof::Sent&) -> Result<proof::Seen> {
      proof::Seen seen{.status = status};
      if (!name.empty()) seen.headers = {{name, value}};
      return seen;
    };
  };
  auto probe = [](std::string_view id) { return testing::probe_of(probe_list(), id); };
  auto over_http = [&](std::string_view id, proof::FakeTarget::Site http) {
    proof::FakeTarget site(answer(200));
    site.plain(std::move(http));
    return probe(id).run(site).holds;
  };
  using proof::Holds;
  EXPECT_EQ(over_http("TLS-006", answer(308, "location", "https://app.example.com/")), Holds::yes);
  EXPECT_EQ(over_http("TLS-006", answer(403)), Holds::yes);
  EXPECT_EQ(over_http("TLS-006", nullptr), Holds::yes);
  EXPECT_EQ(over_http("TLS-006", answer(200)), Holds::no);
  EXPECT_EQ(over_http("TLS-006", answer(302, "location", "http://app.example.com/home")), Holds::no);
  EXPECT_EQ(over_http("TLS-006", answer(302, "location", "https://other.example.com/")), Holds::no);

  EXPECT_EQ(over_http("RED-002", answer(308, "location", "https://app.example.com/")), Holds::yes);
  EXPECT_EQ(over_http("RED-002",
                      [](const proof::Sent& s) -> Result<proof::Seen> {
                        proof::Seen seen{.status = 301};
                        seen.headers = {{"location", "https://" + proof::sent_header(s, "host") + "/"}};
                        return seen;
                      }),
            Holds::no);

  EXPECT_EQ(over_http("TLS-007", answer(403)), Holds::yes);
  EXPECT_EQ(over_http("TLS-007", answer(308, "location", "https://app.example.com/")), Holds::no);
  EXPECT_EQ(over_http("TLS-007", answer(201)), Holds::no);

  auto over_https = [&](proof::FakeTarget::Site https, std::string url = "https://app.example.com") {
    proof::FakeTarget site(std::move(https), std::move(url));
    return probe("TLS-008").run(site).holds;
  };
  EXPECT_EQ(over_https(answer(200, "strict-transport-security", "max-age=31536000")), Holds::yes);
  EXPECT_EQ(over_https(answer(200)), Holds::no);
  EXPECT_EQ(over_https(answer(200, "strict-transport-security", "max-age=3600")), Holds::no);
  EXPECT_EQ(over_https(answer(200, "strict-transport-security", "31536000")), Holds::no);
  EXPECT_EQ(over_https(answer(200), "https://127.0.0.1:8443"), Holds::unknown);
}

TEST(HttpsOnlyCheck, FindsAbsenceMissingHostsAndShortMemory) {
  auto control = make();
  auto found = [&](const Settings& settings, const gate::GateConfig& config) {
    std::vector<proof::Finding> out;
    control->check(settings, config, {}, out);
    std::string ids;
    for (const auto& f : out) ids += f.id + " ";
    return ids;
  };
  HttpsOnlySettings good, off, brief;
  off.enabled = false;
  brief.hsts_max_age = std::chrono::hours(1);
  EXPECT_EQ(found(good, site()), "");
  EXPECT_EQ(found(off, site()), "GH-HTTPS-ONLY ");
  EXPECT_EQ(found(good, site({})), "GH-HTTPS-ONLY-HOST ");
  EXPECT_EQ(found(brief, site()), "GH-HTTPS-ONLY-HSTS ");
  gate::GateConfig development = site({});
  development.mode = gate::Mode::development;
  EXPECT_EQ(found(off, development), "");
}

}  // namespace
}  // namespace gatehouse::controls::https_only
