// Where the line runs between an answer that tells of the inside and one that only looks like it.
#include <gtest/gtest.h>

#include "audit/live/probes.h"
#include "proof/fake_target.h"

namespace gatehouse::audit::live {
namespace {

using proof::FakeTarget;
using proof::Holds;
using proof::Observation;
using proof::Seen;
using proof::Sent;

Seen answer(int status, std::string type, std::string body) {
  Seen s;
  s.status = status;
  if (!type.empty()) s.headers.emplace_back("content-type", std::move(type));
  s.body = std::move(body);
  return s;
}

Observation ask(std::span<const proof::Probe> probes, std::string_view id, FakeTarget::Site site) {
  FakeTarget target(std::move(site));
  target.path("page", "/");
  for (const proof::Probe& p : probes)
    if (p.id == id) return p.run(target);
  ADD_FAILURE() << id << " is no probe";
  return {};
}

Holds error_text(std::string body, int status = 500) {
  return ask(answer_probes(), "ERR-003",
             [&](const Sent&) -> Result<Seen> { return answer(status, "text/plain", body); })
      .holds;
}

TEST(InnerWords, AreFilesStatementsAndAddressesOfErrors) {
  EXPECT_EQ(error_text("could not read /home/ada/shop/views.py line 3"), Holds::no);
  EXPECT_EQ(error_text("near \"x\": SELECT id, mail FROM users WHERE id = 'x'"), Holds::no);
  EXPECT_EQ(error_text("no route to 10.0.3.17:5432"), Holds::no);
  EXPECT_EQ(error_text("{\"error\":{\"code\":\"not_found\"}}", 404), Holds::yes);
}

TEST(InnerWords, AreNotTheWordsOfAPage) {
  EXPECT_EQ(error_text("<a href=\"/app/main.js\">home</a> <a href='/home/news.py'>x</a>", 404), Holds::yes);
  EXPECT_EQ(error_text("see /home/news for more", 404), Holds::yes) << "no file of a program";
  EXPECT_EQ(error_text("SELECT one of the plans", 404), Holds::yes);
  EXPECT_EQ(error_text("version 10.0.3 is out", 404), Holds::yes) << "three numbers are a version";
  EXPECT_EQ(error_text("/home/ada/shop/views.py", 200), Holds::yes) << "no error";
}

TEST(MethodOverride, IsToldFromAServerThatRefusesTheHeaderItself) {
  const auto server = [](bool listens, bool refuses) {
    return ask(answer_probes(), "MET-002",
               [=](const Sent& s) -> Result<Seen> {
                 const std::string method = proof::sent_header(s, "X-HTTP-Method-Override");
                 if (!method.empty() && refuses) return answer(400, "text/plain", "no");
                 if (!method.empty() && method != "GET" && listens) return answer(405, "text/plain", "no");
                 return answer(200, "text/html", "<html></html>");
               })
        .holds;
  };
  EXPECT_EQ(server(true, false), Holds::no);
  EXPECT_EQ(server(false, true), Holds::yes);
  EXPECT_EQ(server(false, false), Holds::yes);
}

TEST(OldLibraries, AreKnownByTheirBannerAndHeldAgainstTheVersionThatMendsThem) {
  const auto loads = [](const std::string& code) {
    return ask(bundle_probes(), "BUN-004",
               [=](const Sent& s) -> Result<Seen> {
                 if (s.path == "/") return answer(200, "text/html", "<html><script src=\"/a.js\"></script></html>");
                 if (s.path == "/a.js") return answer(200, "text/javascript", code);
                 return answer(404, "text/plain", "");
               })
        .holds;
  };
  EXPECT_EQ(loads("/*! jQuery v3.4.1 | (c) JS Foundation */"), Holds::no);
  EXPECT_EQ(loads("/*! jQuery v3.5.0 | (c) JS Foundation */"), Holds::yes);
  EXPECT_EQ(loads("/*! * Bootstrap v4.1.3 (https://getbootstrap.com/) */"), Holds::no);
  EXPECT_EQ(loads("/*! * Bootstrap v3.4.1 */"), Holds::yes) << "mended in its own line";
  EXPECT_EQ(loads("/*! jQuery v-next */"), Holds::yes) << "no version, no claim";
}

TEST(InnerHosts, AreNotThoseOfTheSiteItselfOrOfDevelopment) {
  const auto names = [](const std::string& code) {
    return ask(bundle_probes(), "BUN-005",
               [=](const Sent& s) -> Result<Seen> {
                 if (s.path == "/") return answer(200, "text/html", "<html><script src=\"/a.js\"></script></html>");
                 if (s.path == "/a.js") return answer(200, "text/javascript", code);
                 return answer(404, "text/plain", "");
               })
        .holds;
  };
  EXPECT_EQ(names("fetch('http://10.1.2.3:8000/x')"), Holds::no);
  EXPECT_EQ(names("fetch(`https://db.prod.internal/`)"), Holds::no);
  EXPECT_EQ(names("fetch('http://localhost:8000/x')"), Holds::yes);
  EXPECT_EQ(names("fetch('https://10.example.com/x')"), Holds::yes);
}

TEST(Tls, OnlyTheSitesOwnRefusalIsARefusal) {
  const auto says = [](const Result<std::string>& agreed) {
    FakeTarget target([](const Sent&) -> Result<Seen> { return answer(200, "text/html", ""); });
    target.agrees([&](net::tls::Offer) { return agreed; });
    return tls_probes().front().run(target).holds;
  };
  EXPECT_EQ(says(std::string("TLSv1.1 ECDHE-RSA-AES128-SHA")), Holds::no);
  EXPECT_EQ(says(fail(Source::origin, "tls", "alert protocol version")), Holds::yes);
  EXPECT_EQ(says(fail(Source::us, "tls", "cannot offer that")), Holds::unknown);
  EXPECT_EQ(says(fail(Source::origin, "timeout", "no answer in time")), Holds::unknown);
}

TEST(MixedContent, IsCodeOrAFormAndNoPictureAndNoneWhereTheBrowserMendsIt) {
  const auto page = [](const std::string& html, const std::string& policy = {}) {
    return ask(tls_probes(), "TLS-011",
               [=](const Sent&) -> Result<Seen> {
                 Seen s = answer(200, "text/html", "<html>" + html + "</html>");
                 if (!policy.empty()) s.headers.emplace_back("content-security-policy", policy);
                 return s;
               })
        .holds;
  };
  EXPECT_EQ(page("<script src=\"http://cdn.example/a.js\"></script>"), Holds::no);
  EXPECT_EQ(page("<link rel=stylesheet href=http://cdn.example/a.css>"), Holds::no);
  EXPECT_EQ(page("<form method=post action='http://app.example.com/in'>"), Holds::no);
  EXPECT_EQ(page("<a href=\"http://elsewhere.example/\">x</a>"), Holds::yes);
  EXPECT_EQ(page("<script src=\"http://cdn.example/a.js\"></script>", "upgrade-insecure-requests"), Holds::yes);
}

// Two million bytes that each begin something: quadratic reading takes hours, linear a moment.
TEST(HostilePages, CostNoMoreThanTheirLength) {
  std::string tags(2u << 20, '<'), paths;
  while (paths.size() < (2u << 20)) paths += "-/app/";
  EXPECT_TRUE(scripts_of(tags, "https://app.example.com").empty());
  EXPECT_EQ(error_text(std::move(paths)), Holds::yes);
  EXPECT_EQ(
      ask(tls_probes(), "TLS-011", [&](const Sent&) -> Result<Seen> { return answer(200, "text/html", tags); }).holds,
      Holds::yes);
}

}  // namespace
}  // namespace gatehouse::audit::live
