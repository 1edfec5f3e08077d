#include <gtest/gtest.h>

#include <string>

#include "base/arena.h"
#include "controls/canonical/card.h"
#include "controls/canonical/control.h"
#include "controls/testing/probe_of.h"
#include "gate/canonical_path.h"
#include "net/http/head_parser.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::canonical {
namespace {

proof::Seen answer(int status, std::string body = {}) { return {.status = status, .body = std::move(body)}; }

proof::Observation run(std::string_view id, proof::Target& site) {
  return testing::probe_of(probe_list(), id).run(site);
}

// The good twin reads as gatehouse does; /private needs sign-in.
Result<proof::Seen> strict(const proof::Sent& s) {
  std::string bytes = s.raw.empty() ? "GET " + s.path + " HTTP/1.1\r\nHost: app.example.com\r\n\r\n" : s.raw;
  Arena arena;
  http::Request request(arena);
  http::RequestFraming framing;
  http::ParseError why;
  http::HeadCursor cursor;
  if (http::parse_request_head(bytes, {}, request, framing, why, cursor) != http::ParseState::done) return answer(400);
  if (request.authority != "app.example.com") return answer(400);
  auto path = gate::canonical_path(request.path, gate::Opaque::refuse, arena);
  if (!path.good()) return answer(400);
  if (path.path.starts_with("/private")) return answer(401);
  return path.path == "/" ? answer(200, "home") : answer(404);
}

// The bad twin looks at nothing but the words it searches for.
Result<proof::Seen> lax(const proof::Sent& s) {
  std::string path = s.path;
  if (!s.raw.empty()) {
    auto from = s.raw.find(' ') + 1;
    path = s.raw.substr(from, s.raw.find(' ', from) - from);
  }
  if (path.find("probe-4711") != path.npos) return answer(404);
  if (path == "/private") return answer(401);
  return answer(200, path == "/" ? "home" : "the private page");
}

TEST(CanonicalProbes, EachHoldsOnAStrictSite) {
  for (const proof::Probe& p : probe_list()) {
    proof::FakeTarget site(strict);
    site.path("protected", "/private");
    auto o = p.run(site);
    EXPECT_EQ(o.holds, proof::Holds::yes) << p.id << " " << (o.findings.empty() ? "" : o.findings[0].evidence[0]);
    EXPECT_FALSE(o.positives.empty()) << p.id;
  }
}

TEST(CanonicalProbes, EachFindsTheLaxSite) {
  for (const proof::Probe& p : probe_list()) {
    proof::FakeTarget site(lax);
    site.path("protected", "/private");
    auto o = p.run(site);
    ASSERT_EQ(o.holds, proof::Holds::no) << p.id;
    EXPECT_EQ(o.findings[0].id, p.id);
    EXPECT_EQ(o.findings[0].control, "canonical");
    EXPECT_FALSE(o.findings[0].evidence.empty());
  }
}

TEST(CanonicalProbes, TheEvidenceNamesEveryShapeThatWasTaken) {
  proof::FakeTarget site([](const proof::Sent& s) -> Result<proof::Seen> {
    return s.raw.find("Content-Length: +0") != s.raw.npos || s.raw.find("Content-Length") == s.raw.npos ? answer(200)
                                                                                                        : answer(400);
  });
  auto o = run("MET-003", site);
  ASSERT_EQ(o.holds, proof::Holds::no);
  EXPECT_NE(o.findings[0].evidence[0].find("Content-Length: +0 was answered 200"), std::string::npos);
  EXPECT_EQ(o.findings[0].evidence[0].find("twice"), std::string::npos);
}

TEST(CanonicalProbes, BothReadingsOfAFramingProbeEndAtTheSameByte) {
  proof::FakeTarget site(strict);
  run("MET-003", site);
  for (const proof::Sent& s : site.sent) {
    auto body = s.raw.substr(s.raw.find("\r\n\r\n") + 4);
    if (s.raw.find("Transfer-Encoding: chunked") != s.raw.npos)
      EXPECT_EQ(body, "0\r\n\r\n");
    else
      EXPECT_EQ(body, "");
    EXPECT_NE(s.raw.find("Connection: close"), std::string::npos);
  }
}

TEST(CanonicalProbes, SayWhatTheyCouldNotCheck) {
  proof::FakeTarget down(
      [](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "connect", "refused"); });
  for (const proof::Probe& p : probe_list()) {
    auto o = p.run(down);
    EXPECT_EQ(o.holds, proof::Holds::unknown) << p.id;
    EXPECT_FALSE(o.not_checked.empty()) << p.id;
  }
  proof::FakeTarget open([](const proof::Sent&) -> Result<proof::Seen> { return answer(200); });
  open.path("protected", "/private");
  EXPECT_EQ(run("AU-006", open).holds, proof::Holds::unknown) << "a path that is open needs no other spelling";
  proof::FakeTarget closed([](const proof::Sent&) -> Result<proof::Seen> { return answer(400); });
  EXPECT_EQ(run("MET-003", closed).holds, proof::Holds::unknown);
}

TEST(CanonicalProbes, APageForEverythingIsNoBypass) {
  proof::FakeTarget spa([](const proof::Sent& s) -> Result<proof::Seen> {
    return s.path == "/private" && s.raw.empty() ? answer(401) : answer(200, "<div id=app>");
  });
  spa.path("protected", "/private");
  EXPECT_EQ(run("AU-006", spa).holds, proof::Holds::yes);
}

TEST(CanonicalCheck, NamesRoutesThatKeepEncodedSlashes) {
  auto control = make();
  gate::GateConfig config;
  gate::RouteConfig files;
  files.path = "/files/";
  files.encoded_slash_keep = true;
  gate::RouteConfig plain;
  plain.path = "/";
  config.routes = {files, plain};
  std::vector<proof::Finding> found;
  control->check(*control->settings(), config, {}, found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].id, "GH-CANONICAL-OPAQUE");
  EXPECT_EQ(found[0].severity, proof::Severity::low);

  config.routes[1].encoded_slash_keep = true;
  found.clear();
  control->check(*control->settings(), config, {}, found);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].severity, proof::Severity::medium) << "on every path it is worse";

  config.routes.clear();
  found.clear();
  control->check(*control->settings(), config, {}, found);
  EXPECT_TRUE(found.empty());
}

TEST(CanonicalControl, CannotBeSwitchedOff) {
  auto control = make();
  EXPECT_FALSE(control->can_disable());
  EXPECT_FALSE(control->can_observe());
}

}  // namespace
}  // namespace gatehouse::controls::canonical
