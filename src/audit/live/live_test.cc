#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/catalog.h"
#include "audit/live/csp.h"
#include "audit/live/probes.h"
#include "audit/live/run.h"
#include "proof/fake_target.h"

namespace gatehouse::audit::live {
namespace {

using proof::FakeTarget;
using proof::Holds;
using proof::Seen;
using proof::Sent;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kGoodPolicy =
    "default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic'; object-src 'none'; base-uri 'none'; form-action "
    "'self'; "
    "frame-ancestors 'none'";

Seen answer(int status, std::string type, std::string body,
            std::vector<std::pair<std::string, std::string>> headers = {}) {
  Seen s;
  s.status = status;
  s.headers = std::move(headers);
  s.headers.emplace_back("content-type", std::move(type));
  s.body = std::move(body);
  return s;
}

// A key put together here, so that this file holds none.
std::string live_key() { return std::string("sk_li") + "ve_aB3dE7gH1jK9mN5pQ2sT8vW4xY6z"; }

Result<Seen> bad_site(const Sent& s) {
  const std::string path = s.path.substr(0, s.path.find('?'));
  if (s.path.find("gatehouse-audit.invalid") != std::string::npos)
    return answer(302, "text/html", "", {{"location", "https://gatehouse-audit.invalid/"}});
  if (!proof::sent_header(s, "X-HTTP-Method-Override").empty() &&
      proof::sent_header(s, "X-HTTP-Method-Override") != "GET")
    return answer(405, "text/plain", "no such method");
  if (s.method == "TRACE") return answer(200, "message/http", "TRACE / HTTP/1.1\r\nX-Gatehouse-Echo: audit\r\n");
  if (path == "/")
    return answer(200, "text/html",
                  "<html><script src=\"/a.js\"></script><form action=\"http://app.example.com/in\"></form></html>",
                  {{"x-xss-protection", "1; mode=block"},
                   {"set-cookie", "user_session=%7B%22id%22%3A1%7D; Path=/"},
                   {"content-security-policy",
                    "script-src 'nonce-0000000000000000abcd'; object-src 'none'; base-uri 'none'; form-action 'self'; "
                    "frame-ancestors 'none'"}});
  if (path == "/uploads/") return answer(200, "text/html", "<html><title>Index of /uploads/</title></html>");
  if (path == "/graphql") return answer(200, "application/json", R"({"data":{"__schema":{"queryType":{"name":"Q"}}}})");
  if (path == "/a.js")
    return answer(200, "text/javascript",
                  "/*! jQuery v3.4.1 */window.ENV={\"VITE_API_URL\":\"x\",\"API_SECRET\":\"abc\"};k=\"" + live_key() +
                      "\";h=\"http://10.2.0.7:8000/api\";\n//# sourceMappingURL=a.js.map");
  if (path == "/a.js.map") return answer(200, "application/json", "{\"sources\":[\"a.ts\"]}");
  if (path == "/.env") return answer(200, "text/plain", "SECRET=abc\n");
  if (path == "/.git/HEAD") return answer(200, "text/plain", "ref: refs/heads/main\n");
  if (path == "/backup.sql") return answer(200, "text/plain", "CREATE TABLE users (id int);");
  if (path == "/docs") return answer(200, "text/html", "<html>swagger-ui</html>");
  if (path == "/package.json") return answer(200, "application/json", "{\"dependencies\":{}}");
  if (path == "/api/me") return answer(401, "application/json", "{}", {{"cache-control", "public, max-age=60"}});
  if (path == "/api/list") return answer(200, "application/json", "[{\"private_metadata\":{}}]");
  if (path == "/api/bare") return answer(200, "text/html; charset=utf-8", "{\"id\":1}");
  return answer(500, "text/html", "Traceback (most recent call last):\n  File \"/srv/shop/views.py\"");
}

struct GoodSite {
  int asked = 0;
  Result<Seen> operator()(const Sent& s) {
    std::string policy(kGoodPolicy);
    policy.replace(policy.find("NONCE"), 5, "c2FtcGxlLW5vbmNl" + std::to_string(asked++));
    const std::string path = s.path.substr(0, s.path.find('?'));
    if (path == "/.well-known/security.txt")
      return answer(200, "text/plain", "Contact: mailto:s@example.com\nExpires: 2030-01-01T00:00:00Z\n");
    if (path == "/api/me")
      return answer(401, "application/json", "{\"error\":{\"code\":\"unauthenticated\"}}",
                    {{"cache-control", "no-store"}});
    if (path == "/a.js")
      return answer(200, "text/javascript",
                    "window.ENV={\"VITE_API_URL\":\"x\",\"VITE_STRIPE_PUBLISHABLE_KEY\":\"pk\"};");
    if (path == "/api/list" || path == "/api/bare") return answer(200, "application/json", "[{\"id\":\"a1\"}]");
    // A page for everything, as single-page applications have it: no path proves a file.
    return answer(200, "text/html", "<html><script src=\"/a.js\"></script></html>",
                  {{"set-cookie", "__Host-session=opaque; Path=/; Secure; HttpOnly; SameSite=Lax"},
                   {"content-security-policy", policy}});
  }
};

FakeTarget twin(FakeTarget::Site site) {
  FakeTarget t(std::move(site));
  t.path("protected", "/api/me").path("api", "/api/list").path("api", "/api/bare").path("page", "/");
  return t;
}

std::vector<proof::Probe> own_probes() {
  std::vector<proof::Probe> out;
  for (auto list : {page_probes(), exposure_probes(), bundle_probes(), tls_probes(), answer_probes()})
    out.insert(out.end(), list.begin(), list.end());
  return out;
}

TEST(Probes, each_finds_its_fault_at_the_bad_twin) {
  for (const proof::Probe& p : own_probes()) {
    FakeTarget bad = twin(bad_site);
    bad.agrees([](net::tls::Offer) { return std::string("TLSv1 AES128-SHA"); });
    // The bad site's policy is there but repeats its nonce: CSP-001 is judged by another answer.
    FakeTarget bare = twin([](const Sent&) -> Result<Seen> { return answer(200, "text/html", "<html></html>"); });
    const proof::Observation o = p.run(p.id == "CSP-001" ? bare : bad);
    EXPECT_EQ(o.holds, Holds::no) << p.id << ": " << o.not_checked;
    EXPECT_TRUE(std::any_of(o.findings.begin(), o.findings.end(), [&](const proof::Finding& f) {
      return f.id == p.id || (p.id == "ERR-001" && f.id == "ERR-002");
    })) << p.id;
    for (const proof::Finding& f : o.findings) {
      EXPECT_TRUE(f.locations.at(0).url.starts_with("https://app.example.com/")) << p.id;
      for (const std::string& e : f.evidence) EXPECT_EQ(e.find(live_key()), std::string::npos) << p.id;
    }
  }
}

TEST(Probes, none_finds_anything_at_the_good_twin) {
  for (const proof::Probe& p : own_probes()) {
    FakeTarget good = twin(GoodSite{});
    const proof::Observation o = p.run(good);
    EXPECT_EQ(o.holds, Holds::yes) << p.id << ": " << o.not_checked
                                   << (o.findings.empty() ? "" : o.findings[0].evidence.at(0));
    EXPECT_THAT(o.positives, Not(IsEmpty())) << p.id;
  }
}

TEST(Probes, send_only_safe_methods_unless_writing_is_allowed) {
  for (const proof::Probe& p : own_probes()) {
    FakeTarget bad = twin(bad_site);
    bad.agrees([](net::tls::Offer) { return std::string("TLSv1 AES128-SHA"); });
    (void)p.run(bad);
    for (const Sent& s : bad.sent)
      EXPECT_TRUE(s.method == "GET" || s.method == "HEAD" || s.method == "OPTIONS" || s.method == "TRACE")
          << p.id << " " << s.method;
  }
}

TEST(Probes, an_unreachable_site_is_unknown_and_never_right) {
  for (const proof::Probe& p : own_probes()) {
    FakeTarget dead = twin([](const Sent&) -> Result<Seen> { return fail(Source::origin, "connect", "refused"); });
    dead.agrees([](net::tls::Offer) { return fail(Source::origin, "connect", "refused"); });
    const proof::Observation o = p.run(dead);
    EXPECT_EQ(o.holds, Holds::unknown) << p.id;
    EXPECT_FALSE(o.not_checked.empty()) << p.id;
  }
}

TEST(Probes, every_probe_of_the_audit_has_a_rule_and_one_id) {
  std::vector<std::string_view> ids;
  for (const proof::Probe& p : all_probes()) {
    EXPECT_EQ(std::count(ids.begin(), ids.end(), p.id), 0) << p.id;
    ids.push_back(p.id);
  }
  for (const proof::Probe& p : own_probes()) EXPECT_NE(rule(p.id), nullptr) << p.id;
}

std::vector<std::string> judged(std::string_view policy) {
  std::vector<std::string> out;
  for (const CspWeakness& w : weaknesses(Csp::parse(policy))) out.emplace_back(w.rule);
  return out;
}

TEST(Csp, a_strict_policy_has_no_weakness) { EXPECT_THAT(judged(kGoodPolicy.substr(0)), ElementsAre("CSP-008")); }

TEST(Csp, finds_each_known_weakness) {
  const std::string rest = "; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
  EXPECT_THAT(judged("script-src 'unsafe-inline'" + rest), ElementsAre("CSP-002"));
  EXPECT_THAT(judged("script-src 'self' 'unsafe-eval'" + rest), ElementsAre("CSP-003"));
  EXPECT_THAT(judged("script-src https:" + rest), ElementsAre("CSP-004"));
  EXPECT_THAT(judged("script-src *" + rest), ElementsAre("CSP-004"));
  EXPECT_THAT(judged("script-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"),
              ElementsAre("CSP-005"));
  EXPECT_THAT(judged("img-src 'self'" + rest), ElementsAre("CSP-005"));
  EXPECT_THAT(judged("script-src https://cdn.jsdelivr.net" + rest), ElementsAre("CSP-006"));
  EXPECT_THAT(judged("script-src http://a.example" + rest), ElementsAre("CSP-007"));
  EXPECT_THAT(judged("script-src 'nonce-abc'" + rest), ElementsAre("CSP-008"));
  EXPECT_THAT(judged("script-src 'self' style-src 'self'" + rest), ElementsAre("CSP-009"));
  EXPECT_THAT(judged("script-src self" + rest), ElementsAre("CSP-009"));
  EXPECT_THAT(judged("scriptsrc 'self'; default-src 'self'" + rest), ElementsAre("CSP-009"));
  EXPECT_THAT(judged("script-src 'strict-dynamic'" + rest), ElementsAre("CSP-010"));
  EXPECT_THAT(judged("script-src 'self'; object-src 'none'"), ElementsAre("CSP-012", "CSP-012"));
}

TEST(Csp, a_nonce_switches_unsafe_inline_off_and_fallback_counts) {
  EXPECT_THAT(judged("default-src 'self' 'unsafe-inline' 'nonce-c2FtcGxlLW5vbmNlMTIz'; object-src 'none'; base-uri "
                     "'none'; form-action 'self'; frame-ancestors 'none'"),
              IsEmpty());
}

TEST(Scripts, are_those_of_this_site_only) {
  EXPECT_THAT(
      scripts_of(
          "<script src=\"/a.js\"></script><script src='b.js'></script><script src=https://cdn.example/c.js></script>"
          "<script src=\"https://app.example.com/d.js\"></script><script src=\"//e/f.js\"></script><link "
          "rel=modulepreload href=\"/g.js\">",
          "https://app.example.com"),
      ElementsAre("/a.js", "/b.js", "/d.js", "/g.js"));
}

TEST(Ownership, this_machine_is_ours_and_a_line_proves_the_rest) {
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("localhost"));
  EXPECT_FALSE(is_loopback("127.0.0.1.example.com"));
  EXPECT_FALSE(is_loopback("example.com"));
  EXPECT_NE(ownership_line("key-of-one-installation", "a.example"),
            ownership_line("key-of-one-installation", "b.example"));
  EXPECT_NE(ownership_line("key-of-one-installation", "a.example"), ownership_line("key-of-another", "a.example"));
}

TEST(Pass, goes_with_raw_bytes_behind_their_first_line_and_changes_nothing_else) {
  EXPECT_EQ(with_pass("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "p"),
            "GET / HTTP/1.1\r\nX-Gatehouse-Auditor: p\r\nHost: a\r\n\r\n");
  EXPECT_EQ(with_pass("GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", "p"),
            "GET / HTTP/1.1\r\nX-Gatehouse-Auditor: p\r\nHost: a\nX: 1\r\n\r\n")
      << "what is odd further down stays odd";
  for (std::string_view odd :
       {"GET /\r\n", "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "x"})
    EXPECT_EQ(with_pass(odd, "p"), odd);
}

}  // namespace
}  // namespace gatehouse::audit::live
