#include <gtest/gtest.h>

#include <string>

#include "controls/csrf/card.h"
#include "controls/csrf/control.h"
#include "controls/csrf/filter.h"
#include "controls/testing/probe_of.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::csrf {
namespace {

using gate::Code;
using gate::Credential;
using gate::testing::ExchangeFixture;
using Headers = std::vector<std::pair<std::string, std::string>>;

struct CsrfRules : ::testing::Test {
  CsrfSettings settings;
  gate::SiteConfig site{{"app.example.com", "www.example.com"}};

  Code judge(std::string_view method, const Headers& headers, Credential credential = Credential::none) {
    ExchangeFixture f(method, "/api/notes");
    for (const auto& [name, value] : headers) f.header(name, value);
    f.x.identity.credential = credential;
    CsrfFilter filter(settings, site);
    return ExchangeFixture::refusal(filter.request(f.x));
  }
  // A write with a session cookie and these fields.
  Code with_cookie(Headers headers, std::string_view method = "POST") {
    headers.emplace_back("Cookie", "sessionid=abc");
    return judge(method, headers);
  }
  void trust(std::string_view origin) { settings.origins.push_back(*conf::WebOrigin::parse(origin)); }
};

TEST_F(CsrfRules, TheSevenCrossSiteShapesAreRefused) {
  const std::string evil = "https://evil.example";
  EXPECT_EQ(with_cookie({{"Content-Type", "application/x-www-form-urlencoded"}, {"Origin", evil}}), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Content-Type", "multipart/form-data; boundary=x"}, {"Origin", evil}}), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Content-Type", "application/json"}, {"Origin", evil}}), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Origin", "null"}}), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Origin", "https://app.example.com.evil.example"}}), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Referer", "https://evil.example/page"}}), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Origin", evil}}, "DELETE"), Code::csrf_origin);
  // As today's browsers send them.
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "cross-site"}, {"Origin", evil}}), Code::csrf_site);
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}}), Code::csrf_site);
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "cross-site"}}, "DELETE"), Code::csrf_site);
}

TEST_F(CsrfRules, TheSitesOwnPageStillWorks) {
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://app.example.com"}}), Code::none);
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "null"}}), Code::none)
      << "referrer policy no-referrer";
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "none"}}), Code::none);
  EXPECT_EQ(with_cookie({{"Origin", "https://app.example.com"}}), Code::none);
  EXPECT_EQ(with_cookie({{"Referer", "https://app.example.com/page?x#y"}}), Code::none);
  EXPECT_EQ(with_cookie({{"Referer", "https://app.example.com"}}), Code::none);
}

TEST_F(CsrfRules, EveryUnsafeMethodIsAsked) {
  for (std::string_view method : {"POST", "PUT", "PATCH", "DELETE", "PROPFIND", "post"})
    EXPECT_EQ(with_cookie({{"Origin", "https://evil.example"}}, method), Code::csrf_origin) << method;
  for (std::string_view method : {"GET", "HEAD", "OPTIONS"})
    EXPECT_EQ(with_cookie({{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}}, method), Code::none)
        << method;
}

TEST_F(CsrfRules, LookAlikesAreForeign) {
  for (std::string_view origin :
       {"https://app.example.com.evil.example", "https://evilapp.example.com", "https://app-example.com",
        "https://app.example.co", "http://app.example.com", "https://app.example.com:444", "https://APP.example.com.",
        "https://example.com", "https://x.app.example.com", "https://app.example.com/",
        "https://app.example.com@evil.example", "app.example.com", "", "https://", "null",
        "https://app.example.com, https://evil.example", "file://", "chrome-extension://abc"})
    EXPECT_EQ(with_cookie({{"Origin", std::string(origin)}}), Code::csrf_origin) << origin;
  for (std::string_view referer : {"https://app.example.com.evil.example/", "https://app.example.com@evil.example/",
                                   "https://evil.example/https://app.example.com/", "http://app.example.com/",
                                   "https://evil.example?https://app.example.com", "//app.example.com/",
                                   "app.example.com", "", "https://evil.example\\@app.example.com/"})
    EXPECT_EQ(with_cookie({{"Referer", std::string(referer)}}), Code::csrf_origin) << referer;
}

TEST_F(CsrfRules, NeitherOriginNorRefererIsRefused) {
  EXPECT_EQ(with_cookie({}), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Referer", "https://app.example.com/"}, {"Referer", "https://app.example.com/"}}),
            Code::csrf_origin);
}

TEST_F(CsrfRules, DoubledFieldsAreRefused) {
  EXPECT_EQ(with_cookie({{"Origin", "https://app.example.com"}, {"Origin", "https://evil.example"}}),
            Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}), Code::csrf_site);
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "same-origin, cross-site"}}), Code::csrf_site);
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", ""}}), Code::csrf_site);
}

TEST_F(CsrfRules, ASiblingOnTheSameSiteMustBeListed) {
  const Headers sibling{{"Sec-Fetch-Site", "same-site"}, {"Origin", "https://blog.example.com"}};
  EXPECT_EQ(with_cookie(sibling), Code::csrf_site);
  trust("https://blog.example.com");
  EXPECT_EQ(with_cookie(sibling), Code::none);
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "same-site"}}), Code::csrf_site) << "listed, but it does not say who it is";
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "same-site"}, {"Origin", "https://www.example.com"}}), Code::none)
      << "another name of the site";
}

TEST_F(CsrfRules, AListedOriginIsExact) {
  trust("https://admin.example.org:8443");
  EXPECT_EQ(with_cookie({{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://admin.example.org:8443"}}), Code::none);
  EXPECT_EQ(with_cookie({{"Origin", "https://admin.example.org"}}), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Origin", "http://admin.example.org:8443"}}), Code::csrf_origin);
}

TEST_F(CsrfRules, BearerIsLeftAlone) {
  const Headers cross{
      {"Authorization", "Bearer abc"}, {"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(judge("POST", cross), Code::none);
  EXPECT_EQ(judge("POST", cross, Credential::bearer), Code::none);
  Headers both = cross;
  both.emplace_back("Cookie", "theme=dark");
  EXPECT_EQ(judge("POST", both), Code::none) << "the cookie is not what acts";
  EXPECT_EQ(judge("POST", {{"Origin", "https://evil.example"}}), Code::none) << "nothing here is a credential";
}

TEST_F(CsrfRules, ACookieThatActsIsAskedAboutWhateverElseTravels) {
  const Headers cross{{"Authorization", "Bearer abc"}, {"Origin", "https://evil.example"}, {"Cookie", "sessionid=x"}};
  EXPECT_EQ(judge("POST", cross, Credential::cookie), Code::csrf_origin);
  EXPECT_EQ(judge("POST", cross, Credential::session), Code::csrf_origin);
  settings.backend_cookies = {"sessionid"};
  EXPECT_EQ(judge("POST", cross), Code::csrf_origin) << "the backend may prefer its own session";
  EXPECT_EQ(judge("POST", {{"Authorization", "Bearer abc"}, {"Cookie", "theme=dark"}}), Code::none);
}

TEST_F(CsrfRules, AMarkOfTheIdentifyingFilterIsBelieved) {
  ExchangeFixture f("POST", "/");
  f.header("Origin", "https://evil.example").header("Authorization", "Bearer abc");
  f.x.cookie_credential = true;
  EXPECT_EQ(ExchangeFixture::refusal(CsrfFilter(settings, site).request(f.x)), Code::csrf_origin);
}

TEST_F(CsrfRules, CredentialsThatBrowsersSendOnTheirOwnCountAsCookies) {
  for (const char* value : {"Basic dTpw", "Negotiate abc", "Digest username=\"u\"", "bearer", "Bearerabc"})
    EXPECT_EQ(judge("POST", {{"Authorization", value}, {"Origin", "https://evil.example"}}), Code::csrf_origin)
        << value;
}

TEST_F(CsrfRules, SigningSomebodyInFromElsewhereIsRefusedWhereASessionIsKnown) {
  const Headers cross{{"Origin", "https://evil.example"}};
  EXPECT_EQ(judge("POST", cross), Code::none);
  settings.backend_cookies = {"sessionid"};
  EXPECT_EQ(judge("POST", cross), Code::csrf_origin);
  EXPECT_EQ(judge("POST", {}), Code::none) << "no browser, no cookie";
}

TEST_F(CsrfRules, AWebSocketIsAWrite) {
  const Headers cross{{"Upgrade", "WebSocket"}, {"Connection", "Upgrade"}, {"Origin", "https://evil.example"}};
  EXPECT_EQ(with_cookie(cross, "GET"), Code::csrf_origin);
  EXPECT_EQ(with_cookie({{"Upgrade", "websocket"}, {"Origin", "https://app.example.com"}}, "GET"), Code::none);
}

TEST_F(CsrfRules, ACookielessRouteAsksNothingAndSendsNoCookieOn) {
  settings.cookieless = true;
  EXPECT_EQ(with_cookie({{"Origin", "https://evil.example"}}), Code::none);
  EXPECT_EQ(judge("POST", {{"Origin", "https://evil.example"}, {"Cookie", "a=1"}}, Credential::cookie),
            Code::csrf_origin);
  ExchangeFixture f("POST", "/");
  f.header("Cookie", "sessionid=abc").header("COOKIE", "b=2").header("Accept", "*/*");
  EXPECT_TRUE(ExchangeFixture::passes(DropCookies().request(f.x)));
  EXPECT_EQ(f.request.fields.size(), 1u);
}

TEST_F(CsrfRules, ThePortOfTheRequestCounts) {
  auto at = [&](std::string_view authority, std::string_view scheme, std::string_view origin) {
    ExchangeFixture f("POST", "/");
    f.request.authority = authority;
    f.request.scheme = scheme;
    f.header("Cookie", "s=1").header("Origin", origin);
    return ExchangeFixture::refusal(CsrfFilter(settings, site).request(f.x)) == Code::none;
  };
  EXPECT_TRUE(at("app.example.com:8443", "https", "https://app.example.com:8443"));
  EXPECT_TRUE(at("app.example.com:443", "https", "https://app.example.com"));
  EXPECT_TRUE(at("www.example.com", "https", "https://www.example.com"));
  EXPECT_FALSE(at("app.example.com:8443", "https", "https://app.example.com:9443"));
  EXPECT_FALSE(at("evil.example", "https", "https://evil.example")) << "a Host that nobody configured";
  site.hosts.clear();
  EXPECT_TRUE(at("localhost:8080", "http", "http://localhost:8080"));
  EXPECT_TRUE(at("[::1]:8443", "https", "https://[::1]:8443"));
  EXPECT_FALSE(at("localhost:8080", "http", "http://localhost:3000"));
}

TEST(CsrfSettings, AreReadFromTextAndMistakesAreNamed) {
  auto good =
      testing::read_settings(*make(), "origins = [\"https://admin.example.com\"]\nbackend_cookies = [\"sessionid\"]");
  EXPECT_EQ(good.keys(), "");
  EXPECT_EQ(good.as<CsrfSettings>().origins[0].text(), "https://admin.example.com");
  auto keys = [](std::string_view text) { return testing::read_settings(*make(), text).keys(); };
  EXPECT_EQ(keys("cookieless = true\nbackend_cookies = [\"a\"]"), "cookieless");
  EXPECT_EQ(keys("backend_cookies = [\"a=b\"]"), "backend_cookies");
  EXPECT_NE(keys("origins = [\"*\"]"), "");
  EXPECT_NE(keys("origins = [\"null\"]"), "");
}

std::string findings(const CsrfSettings& s, gate::Mode mode = gate::Mode::production) {
  gate::GateConfig config;
  config.mode = mode;
  std::vector<proof::Finding> found;
  make()->check(s, config, {}, found);
  std::string ids;
  for (const auto& f : found) ids += f.id + " ";
  return ids;
}

TEST(CsrfCheck, FindsItOffAndOriginsInTheClear) {
  CsrfSettings s;
  EXPECT_EQ(findings(s), "");
  s.origins.push_back(*conf::WebOrigin::parse("http://admin.example.com"));
  EXPECT_EQ(findings(s), "GH-CSRF-HTTP ");
  EXPECT_EQ(findings(s, gate::Mode::development), "");
  s.enabled = false;
  EXPECT_EQ(findings(s), "GH-CSRF ");
}

// A site that answers cross-site writes with one status and its own with another. It asks our own filter who is who.
proof::FakeTarget site(bool guarded, int otherwise = 201) {
  proof::FakeTarget t([=](const proof::Sent& s) -> Result<proof::Seen> {
    ExchangeFixture f(s.method, s.path);
    for (const auto& [name, value] : s.headers) f.header(name, value);
    const gate::SiteConfig own{{"app.example.com"}};
    const bool refused =
        guarded && ExchangeFixture::refusal(CsrfFilter(CsrfSettings{}, own).request(f.x)) != Code::none;
    proof::Seen answer;
    answer.status = refused ? 403 : proof::sent_header(s, "Upgrade").empty() ? otherwise : 101;
    return answer;
  });
  t.path("write", "/api/notes").path("websocket", "/ws").writes(true);
  return t;
}

proof::Holds probe(std::string_view id, proof::FakeTarget t) {
  return testing::probe_of(probe_list(), id).run(t).holds;
}

TEST(CsrfProbes, TellTheGoodSiteFromTheBadOne) {
  for (std::string_view id : {"CSRF-001", "CSRF-004", "AU-008"}) {
    EXPECT_EQ(probe(id, site(true)), proof::Holds::yes) << id;
    EXPECT_EQ(probe(id, site(false)), proof::Holds::no) << id;
  }
  EXPECT_EQ(probe("CSRF-001", site(false, 401)), proof::Holds::unknown) << "it only wanted a session";
  EXPECT_EQ(probe("CSRF-004", site(false, 401)), proof::Holds::unknown);
  EXPECT_EQ(probe("CSRF-001", site(false, 502)), proof::Holds::unknown);
}

TEST(CsrfProbes, ASiteThatOnlyLooksAtPartOfTheOriginIsFound) {
  proof::FakeTarget prefix([](const proof::Sent& s) -> Result<proof::Seen> {
    const std::string origin = proof::sent_header(s, "Origin");
    proof::Seen answer;
    answer.status = origin.starts_with("https://app.example.com") ? 201 : 403;
    return answer;
  });
  prefix.path("write", "/api/notes");
  EXPECT_EQ(probe("CSRF-001", prefix), proof::Holds::no);
}

TEST(CsrfProbes, SayWhatTheyCouldNotSee) {
  proof::FakeTarget nowhere([](const proof::Sent&) -> Result<proof::Seen> { return proof::Seen{}; });
  proof::FakeTarget down([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "down"); });
  down.path("write", "/w").path("websocket", "/ws");
  for (const auto& p : probe_list()) {
    EXPECT_EQ(p.run(nowhere).holds, proof::Holds::unknown) << p.id;
    EXPECT_EQ(p.run(down).holds, proof::Holds::unknown) << p.id;
  }
}

}  // namespace
}  // namespace gatehouse::controls::csrf
