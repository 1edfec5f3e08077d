#include <gtest/gtest.h>

#include <string>

#include "controls/cors/card.h"
#include "controls/cors/control.h"
#include "controls/cors/filter.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::cors {
namespace {

using gate::Code;
using gate::testing::ExchangeFixture;

constexpr std::string_view kShop = "https://shop.example.com";

// Every way that has fooled somebody's comparison, beside an origin that is listed.
const std::string kLookAlikes[] = {
    "https://shop.example.com.evil.io",
    "https://evilshop.example.com",
    "http://shop.example.com",
    "https://shop.example.com:444",
    "https://shop.example.com:443",
    "HTTPS://SHOP.EXAMPLE.COM",
    "https://Shop.example.com",
    "https://shop.example.com.",
    "https://shop.example.com`",
    "https://shop.example.com/",
    "https://shop.example.com, https://shop.example.com",
    "https://shop_example.com",
    "https://shopXexample.com",
    "https://sub.shop.example.com",
    "https://example.com",
    "null",
    "",
    "*",
    "file://",
    "https://shop.example.com\\@evil.io",
    "https://shop.example.com%60.evil.io",
};

CorsSettings listed(bool credentials = true) {
  CorsSettings s;
  s.origins.push_back(*conf::WebOrigin::parse(kShop));
  s.credentials = credentials;
  return s;
}

std::string field(const http::Response& r, std::string_view name) {
  return std::string(r.fields.get(http::FieldName(name)).value_or("(absent)"));
}

ExchangeFixture& preflight(ExchangeFixture& f, std::string_view origin) {
  return f.header("Origin", origin).header("Access-Control-Request-Method", "PUT");
}

TEST(Cors, APreflightOfAListedOriginIsAnsweredHere) {
  ExchangeFixture f("OPTIONS", "/api/notes");
  preflight(f, kShop).header("Access-Control-Request-Headers", "x-evil-header");
  CorsFilter filter(listed(), {"GET", "PUT"});
  auto v = ExchangeFixture::settle(filter.request(f.x));
  ASSERT_TRUE(std::holds_alternative<gate::Reply>(v));
  http::Response& r = std::get<gate::Reply>(v).response;
  EXPECT_EQ(r.status, 204);
  EXPECT_FALSE(r.has_body());
  EXPECT_EQ(field(r, "access-control-allow-origin"), kShop);
  EXPECT_EQ(field(r, "access-control-allow-credentials"), "true");
  EXPECT_EQ(field(r, "access-control-allow-methods"), "GET, PUT");
  EXPECT_EQ(field(r, "access-control-allow-headers").find("x-evil-header"), std::string::npos);
  EXPECT_EQ(field(r, "access-control-max-age"), "600");
  EXPECT_NE(field(r, "vary").find("Origin"), std::string::npos);
  // Should the answer pass us again on the way up, it stays as it is.
  EXPECT_TRUE(f.passes(filter.response(f.x, r)));
  EXPECT_EQ(field(r, "access-control-allow-methods"), "GET, PUT");
}

TEST(Cors, PreflightsAndWritesOfLookAlikesAreRefused) {
  CorsFilter filter(listed(), {});
  for (const std::string& origin : kLookAlikes) {
    ExchangeFixture ask("OPTIONS", "/api/notes");
    preflight(ask, origin);
    EXPECT_EQ(ask.refusal(filter.request(ask.x)), Code::cors_origin) << origin;
    for (std::string_view method : {"POST", "PUT", "PATCH", "DELETE", "PURGE"}) {
      ExchangeFixture write(method, "/api/notes");
      write.header("Origin", origin);
      EXPECT_EQ(write.refusal(filter.request(write.x)), Code::cors_origin) << method << " " << origin;
    }
  }
}

TEST(Cors, ALookAlikeThatReadsGetsNoPermission) {
  CorsFilter filter(listed(), {});
  for (const std::string& origin : kLookAlikes) {
    ExchangeFixture f("GET", "/api/notes");
    f.header("Origin", origin);
    EXPECT_TRUE(f.passes(filter.request(f.x))) << origin;
    http::Response& out = f.answer(200, "application/json", "{}");
    EXPECT_TRUE(f.passes(filter.response(f.x, out)));
    EXPECT_EQ(field(out, "access-control-allow-origin"), "(absent)") << origin;
    EXPECT_EQ(field(out, "vary"), "Origin") << origin;
  }
}

TEST(Cors, TheMaliciousSignInOfTheSecurityGuideIsBlockedWithNoSettingTouched) {
  ExchangeFixture f("POST", "/api/auth/login");
  f.header("Origin", "https://malicious-site.com").header("Content-Type", "application/json");
  EXPECT_EQ(f.refusal(CorsFilter({}, {}).request(f.x)), Code::cors_origin);
}

TEST(Cors, TheSitesOwnPagesAndProgramsWithoutOriginPass) {
  CorsFilter filter({}, {});
  ExchangeFixture own("POST", "/api/notes");
  own.header("Origin", "https://app.example.com");
  EXPECT_TRUE(own.passes(filter.request(own.x)));
  ExchangeFixture port("POST", "/api/notes");
  port.request.authority = "app.example.com:443";
  port.header("Origin", "https://app.example.com");
  EXPECT_TRUE(port.passes(filter.request(port.x)));
  ExchangeFixture odd_port("POST", "/api/notes");
  odd_port.request.authority = "127.0.0.1:8443";
  odd_port.header("Origin", "https://127.0.0.1:8443");
  EXPECT_TRUE(odd_port.passes(filter.request(odd_port.x)));
  ExchangeFixture program("POST", "/api/notes");
  EXPECT_TRUE(program.passes(filter.request(program.x)));
  ExchangeFixture ask("OPTIONS", "/api/notes");
  preflight(ask, "https://app.example.com");
  EXPECT_TRUE(std::holds_alternative<gate::Reply>(ExchangeFixture::settle(filter.request(ask.x))));
}

TEST(Cors, TheSitesOwnNameByAnotherSchemeOrPortIsForeign) {
  CorsFilter filter({}, {});
  for (std::string_view origin : {"http://app.example.com", "https://app.example.com:8443", "https://app.example.co",
                                  "httpsx//app.example.com"}) {
    ExchangeFixture f("POST", "/");
    f.header("Origin", origin);
    EXPECT_EQ(f.refusal(filter.request(f.x)), Code::cors_origin) << origin;
  }
  ExchangeFixture nameless("POST", "/");
  nameless.request.authority = "";
  nameless.x.scheme_host = "";
  nameless.header("Origin", "https://");
  EXPECT_EQ(nameless.refusal(filter.request(nameless.x)), Code::cors_origin);
}

TEST(Cors, TheSitesFirstNameMayCallItsSecondWhenListed) {
  CorsSettings s;
  s.origins.push_back(*conf::WebOrigin::parse("https://app.example.com"));
  CorsFilter filter(s, {});
  ExchangeFixture f("POST", "/notes");
  f.request.authority = "api.example.com";
  f.header("Origin", "https://app.example.com");
  EXPECT_TRUE(f.passes(filter.request(f.x)));
  http::Response& out = f.answer(200);
  EXPECT_TRUE(f.passes(filter.response(f.x, out)));
  EXPECT_EQ(field(out, "access-control-allow-origin"), "https://app.example.com");
}

TEST(Cors, TwoOriginsAreNone) {
  ExchangeFixture f("POST", "/");
  f.header("Origin", kShop).header("origin", kShop);
  EXPECT_EQ(f.refusal(CorsFilter(listed(), {}).request(f.x)), Code::cors_origin);
}

TEST(Cors, AWriteThatCarriesACookieIsLeftToCsrf) {
  CorsFilter filter(listed(), {});
  ExchangeFixture bare("POST", "/api"), carrying("POST", "/api"), asking("OPTIONS", "/api");
  bare.header("Origin", "https://evil.example");
  EXPECT_EQ(bare.refusal(filter.request(bare.x)), Code::cors_origin);
  carrying.header("Origin", "https://evil.example").header("Cookie", "sessionid=1");
  EXPECT_EQ(carrying.refusal(filter.request(carrying.x)), Code::none);
  asking.header("Origin", "https://evil.example").header("Cookie", "sessionid=1");
  asking.header("Access-Control-Request-Method", "POST");
  EXPECT_EQ(asking.refusal(filter.request(asking.x)), Code::cors_origin);
}

TEST(Cors, AForeignPageCannotOpenAWebSocket) {
  CorsFilter filter(listed(), {});
  ExchangeFixture foreign("GET", "/ws");
  foreign.header("Origin", "https://evil.example").header("Upgrade", "websocket");
  EXPECT_EQ(foreign.refusal(filter.request(foreign.x)), Code::cors_origin);
  ExchangeFixture friendly("GET", "/ws");
  friendly.header("Origin", kShop).header("Upgrade", "websocket");
  EXPECT_TRUE(friendly.passes(filter.request(friendly.x)));
}

TEST(Cors, TheBackendsOwnFieldsNeverLeave) {
  for (bool allowed : {true, false}) {
    ExchangeFixture f("GET", "/api/notes");
    f.header("Origin", allowed ? kShop : "https://evil.example");
    CorsFilter filter(listed(false), {});
    EXPECT_TRUE(f.passes(filter.request(f.x)));
    http::Response& out = f.answer(200);
    for (std::string_view name : {"Access-Control-Allow-Origin", "access-control-allow-credentials",
                                  "ACCESS-CONTROL-ALLOW-METHODS", "Access-Control-Allow-Private-Network"})
      out.fields.add(name, "https://evil.example");
    out.fields.add(std::string_view("Age"), "1");
    EXPECT_TRUE(f.passes(filter.response(f.x, out)));
    EXPECT_EQ(out.fields.count("access-control-allow-origin"), allowed ? 1u : 0u);
    EXPECT_EQ(field(out, "access-control-allow-credentials"), "(absent)");
    EXPECT_EQ(field(out, "access-control-allow-methods"), "(absent)");
    EXPECT_EQ(field(out, "access-control-allow-private-network"), "(absent)");
    EXPECT_EQ(field(out, "age"), "1");
    EXPECT_EQ(field(out, "access-control-expose-headers"),
              allowed ? "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy" : "(absent)");
  }
}

TEST(Cors, VaryStandsOnceAndAlsoWithoutOrigin) {
  CorsFilter filter(listed(), {});
  for (std::string_view theirs : {"Accept-Encoding, origin", "*"}) {
    ExchangeFixture f;
    http::Response& out = f.answer(200);
    out.fields.add(std::string_view("vary"), theirs);
    EXPECT_TRUE(f.passes(filter.response(f.x, out)));
    EXPECT_EQ(out.fields.count("vary"), 1u);
  }
  ExchangeFixture f;
  http::Response& out = f.answer(200);
  out.fields.add(std::string_view("vary"), "Accept-Encoding");
  EXPECT_TRUE(f.passes(filter.response(f.x, out)));
  EXPECT_EQ(out.fields.count("vary"), 2u);
}

TEST(Cors, PublicDataIsOpenToAllWithoutCredentials) {
  CorsSettings s;
  s.any_origin = s.credentials = true;  // the second is refused when read; here it must not matter
  CorsFilter filter(s, {});
  ExchangeFixture f("GET", "/prices");
  f.header("Origin", "https://anyone.example");
  EXPECT_TRUE(f.passes(filter.request(f.x)));
  http::Response& out = f.answer(200);
  EXPECT_TRUE(f.passes(filter.response(f.x, out)));
  EXPECT_EQ(field(out, "access-control-allow-origin"), "*");
  EXPECT_EQ(field(out, "access-control-allow-credentials"), "(absent)");
}

TEST(CorsSettings, AWildcardWithCredentialsCannotBeConfigured) {
  auto control = make();
  EXPECT_EQ(testing::read_settings(*control, "any_origin = true\ncredentials = true").keys(), "any_origin");
  EXPECT_EQ(testing::read_settings(*control, "origins = ['*']\ncredentials = true").findings.has_errors(), true);
  EXPECT_EQ(testing::read_settings(*control, "origins = ['null']").findings.has_errors(), true);
  EXPECT_EQ(testing::read_settings(*control, "origins = ['https://a.example/path']").findings.has_errors(), true);
  EXPECT_EQ(testing::read_settings(*control, "headers = ['*']").keys(), "headers");
  EXPECT_EQ(testing::read_settings(*control, "methods = ['GET, POST']").keys(), "methods");
  EXPECT_EQ(testing::read_settings(*control, "any_origin = true\norigins = ['https://a.example']").keys(),
            "any_origin");
  auto good = testing::read_settings(*control, "origins = ['https://a.example:8443']\ncredentials = true");
  EXPECT_EQ(good.keys(), "");
  EXPECT_EQ(good.as<CorsSettings>().origins.at(0).text(), "https://a.example:8443");
}

TEST(CorsCheck, FindsWhatIsTooWide) {
  auto found = [control = make()](const CorsSettings& s, gate::Mode mode = gate::Mode::production) {
    gate::GateConfig config;
    config.mode = mode;
    std::vector<proof::Finding> out;
    control->check(s, config, {}, out);
    std::string ids;
    for (const auto& f : out) ids += f.id + " ";
    return ids;
  };
  CorsSettings off, any, plain, local;
  off.enabled = false;
  any.any_origin = true;
  plain.origins.push_back(*conf::WebOrigin::parse("http://partner.example.com"));
  local.origins.push_back(*conf::WebOrigin::parse("http://localhost:5173"));
  EXPECT_EQ(found(listed()), "");
  EXPECT_EQ(found(off), "GH-CORS ");
  EXPECT_EQ(found(any), "GH-CORS-ANY ");
  EXPECT_EQ(found(plain), "GH-CORS-PLAIN ");
  EXPECT_EQ(found(local), "GH-CORS-LOCAL ");
  EXPECT_EQ(found(local, gate::Mode::development), "");
}

// A site behind our filter, and one that trusts whoever asks.
proof::FakeTarget behind_us() {
  proof::FakeTarget site([](const proof::Sent& s) -> Result<proof::Seen> {
    ExchangeFixture f(s.method, s.path);
    for (const auto& [name, value] : s.headers) f.header(name, value);
    CorsFilter filter(listed(), {});
    auto v = ExchangeFixture::settle(filter.request(f.x));
    if (std::holds_alternative<gate::Refusal>(v)) return proof::Seen{.status = 403};
    http::Response* out = std::holds_alternative<gate::Reply>(v) ? &std::get<gate::Reply>(v).response : &f.answer(200);
    EXPECT_TRUE(f.passes(filter.response(f.x, *out)));
    proof::Seen seen{.status = out->status};
    for (const http::Field& field : out->fields) seen.headers.emplace_back(text::to_lower(field.name), field.value);
    return seen;
  });
  site.path("protected", "/api/me").path("sign_in", "/api/auth/login").writes(true);
  return site;
}

proof::FakeTarget trusting(bool star = false) {
  proof::FakeTarget site([star](const proof::Sent& s) -> Result<proof::Seen> {
    proof::Seen seen{.status = 200};
    seen.headers = {{"access-control-allow-origin", star ? "*" : proof::sent_header(s, "origin")},
                    {"access-control-allow-credentials", "true"}};
    return seen;
  });
  site.path("protected", "/api/me").path("sign_in", "/api/auth/login").writes(true);
  return site;
}

TEST(CorsProbe, EveryProbeHoldsBehindUsAndFailsOnASiteThatTrustsAnyone) {
  for (const proof::Probe& probe : probe_list()) {
    auto good = behind_us();
    EXPECT_EQ(probe.run(good).holds, proof::Holds::yes) << probe.id;
    auto bad = trusting(probe.id == "CORS-005");
    auto seen = probe.run(bad);
    EXPECT_EQ(seen.holds, proof::Holds::no) << probe.id;
    ASSERT_EQ(seen.findings.size(), 1u) << probe.id;
    EXPECT_EQ(seen.findings[0].id, probe.id);
    proof::FakeTarget silent([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "refused"); });
    silent.path("protected", "/x").path("write", "/x");
    EXPECT_EQ(probe.run(silent).holds, proof::Holds::unknown) << probe.id;
  }
}

TEST(CorsProbe, ReflectionWithCredentialsIsCritical) {
  auto bad = trusting();
  EXPECT_EQ(probe_list()[0].run(bad).findings.at(0).severity, proof::Severity::critical);
}

TEST(CorsProbe, NoCorsFieldsAtAllIsNoFinding) {
  for (const proof::Probe& probe : probe_list()) {
    if (probe.active) continue;
    proof::FakeTarget site([](const proof::Sent&) -> Result<proof::Seen> { return proof::Seen{.status = 200}; });
    site.path("protected", "/api/me");
    EXPECT_EQ(probe.run(site).holds, proof::Holds::yes) << probe.id;
  }
}

}  // namespace
}  // namespace gatehouse::controls::cors
