#include <gtest/gtest.h>

#include <map>
#include <string>

#include "controls/headers/card.h"
#include "controls/headers/control.h"
#include "controls/headers/filter.h"
#include "controls/testing/probe_of.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::headers {
namespace {

using gate::testing::ExchangeFixture;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::multimap<std::string, std::string> after(const HeadersSettings& settings, const Pairs& theirs) {
  ExchangeFixture f;
  http::Response& out = f.answer(200, "");
  for (const auto& [name, value] : theirs) out.fields.add(f.arena.copy(name), f.arena.copy(value));
  HeadersFilter filter(settings);
  EXPECT_TRUE(f.passes(filter.response(f.x, out)));
  std::multimap<std::string, std::string> fields;
  for (const http::Field& field : out.fields) fields.emplace(text::to_lower(field.name), field.value);
  return fields;
}

std::string one(const std::multimap<std::string, std::string>& fields, const std::string& name) {
  if (fields.count(name) != 1) return "(" + std::to_string(fields.count(name)) + " of them)";
  return fields.find(name)->second;
}

TEST(Headers, AnAnswerWithoutAnyGetsAll) {
  auto fields = after({}, {});
  EXPECT_EQ(one(fields, "x-content-type-options"), "nosniff");
  EXPECT_EQ(one(fields, "x-frame-options"), "DENY");
  EXPECT_EQ(one(fields, "x-xss-protection"), "0");
  EXPECT_EQ(one(fields, "referrer-policy"), "strict-origin-when-cross-origin");
  EXPECT_TRUE(one(fields, "permissions-policy").starts_with("camera=(), microphone=(), geolocation=()"));
  EXPECT_EQ(one(fields, "cross-origin-opener-policy"), "same-origin");
  EXPECT_EQ(one(fields, "cross-origin-resource-policy"), "same-origin");
  EXPECT_EQ(fields.count("content-security-policy"), 0u);
}

TEST(Headers, TheSoftwareBehindIsNotNamed) {
  Pairs theirs = {{"X-Custom", "stays"}, {"Content-Type", "text/html"}};
  for (const auto& name : kTelltales) theirs.emplace_back(text::to_lower(name.text), "leak/1.2.3");
  theirs.emplace_back("SERVER", "leak/2");
  HeadersSettings settings;
  settings.remove = {"X-Internal-Node"};
  theirs.emplace_back("x-internal-node", "leak");
  auto fields = after(settings, theirs);
  for (const auto& [name, value] : fields) EXPECT_EQ(value.find("leak"), std::string::npos) << name;
  EXPECT_EQ(one(fields, "x-custom"), "stays");
  EXPECT_EQ(one(fields, "content-type"), "text/html");
}

TEST(Headers, AWeakerBackendIsStrengthened) {
  auto fields = after({}, {{"x-frame-options", "SAMEORIGIN"},
                           {"X-Frame-Options", "ALLOW-FROM https://evil.example"},
                           {"referrer-policy", "unsafe-url"},
                           {"x-content-type-options", "sniff"},
                           {"cross-origin-opener-policy", "unsafe-none"},
                           {"cross-origin-resource-policy", "cross-origin"}});
  EXPECT_EQ(one(fields, "x-frame-options"), "DENY");
  EXPECT_EQ(one(fields, "referrer-policy"), "strict-origin-when-cross-origin");
  EXPECT_EQ(one(fields, "x-content-type-options"), "nosniff");
  EXPECT_EQ(one(fields, "cross-origin-opener-policy"), "same-origin");
  EXPECT_EQ(one(fields, "cross-origin-resource-policy"), "same-origin");
}

TEST(Headers, AStricterBackendIsNeverWeakened) {
  HeadersSettings loose;
  loose.frame = Frame::same_origin;
  loose.opener_policy = Opener::same_origin_allow_popups;
  loose.resource_policy = Resource::cross_origin;
  auto fields = after(loose, {{"x-frame-options", "deny"},
                              {"referrer-policy", "no-referrer"},
                              {"cross-origin-opener-policy", "same-origin; report-to=\"coop\""},
                              {"cross-origin-resource-policy", "same-site"}});
  EXPECT_EQ(one(fields, "x-frame-options"), "deny");
  EXPECT_EQ(one(fields, "referrer-policy"), "no-referrer");
  EXPECT_EQ(one(fields, "cross-origin-opener-policy"), "same-origin; report-to=\"coop\"");
  EXPECT_EQ(one(fields, "cross-origin-resource-policy"), "same-site");
}

TEST(Headers, ARuleThatIsSwitchedOffLeavesTheBackendsValue) {
  HeadersSettings open;
  open.frame = Frame::any;
  open.opener_policy = Opener::none;
  open.permissions_policy = "";
  auto fields = after(open, {{"x-frame-options", "SAMEORIGIN"}, {"permissions-policy", "usb=(self)"}});
  EXPECT_EQ(one(fields, "x-frame-options"), "SAMEORIGIN");
  EXPECT_EQ(one(fields, "permissions-policy"), "usb=(self)");
  EXPECT_EQ(fields.count("cross-origin-opener-policy"), 0u);
}

TEST(Headers, PermissionsAreMergedAndTheClosedWins) {
  HeadersSettings settings;
  settings.permissions_policy = "camera=(self), microphone=(), geolocation=()";
  EXPECT_EQ(
      one(after(settings, {{"permissions-policy",
                            "camera=(), geolocation=(self \"https://a.example,b\"), payment=(self \"https://x\")"}}),
          "permissions-policy"),
      "camera=(), microphone=(), geolocation=(), payment=(self \"https://x\")");
  EXPECT_EQ(one(after(settings, {{"permissions-policy", ",,  ,"}}), "permissions-policy"),
            "camera=(self), microphone=(), geolocation=()");
}

TEST(Headers, AMalformedFeatureOfTheBackendCannotSpoilOurs) {
  HeadersSettings settings;
  settings.permissions_policy = "camera=(), usb=(self)";
  for (std::string_view theirs : {"geolocation 'none'", "camera=\t()", "geolocation", "=()", "a=(", "a=(b\"c\")",
                                  "a=\"b", "A=()", "usb= ()", "a=();", "a=() b", "a=(\"\x7f\")", "usb=(self"}) {
    EXPECT_EQ(one(after(settings, {{"permissions-policy", std::string(theirs)}}), "permissions-policy"),
              "camera=(), usb=(self)")
        << theirs;
    EXPECT_FALSE(is_permissions_policy(theirs)) << theirs;
  }
  EXPECT_EQ(
      one(after(settings, {{"permissions-policy", "usb=( ), a=();report-to=x, b=*, c=self, d=(self \"https://a\")"}}),
          "permissions-policy"),
      "camera=(), usb=( ), a=();report-to=x, b=*, c=self, d=(self \"https://a\")");
}

TEST(Headers, ManyPermissionsWithoutBlanksFit) {
  HeadersSettings settings;
  settings.permissions_policy = "a=()";
  std::string expected = "a=()";
  for (int i = 0; i < 200; ++i) {
    settings.permissions_policy += ",f" + std::to_string(i) + "=()";
    expected += ", f" + std::to_string(i) + "=()";
  }
  EXPECT_EQ(one(after(settings, {{"permissions-policy", "b=*"}}), "permissions-policy"), expected + ", b=*");
  settings.permissions_policy = "a=*,a=*,a=*";
  std::string wide = "a=(" + std::string(500, ' ') + ")";
  EXPECT_EQ(one(after(settings, {{"permissions-policy", wide}}), "permissions-policy"),
            wide + ", " + wide + ", " + wide);
}

TEST(Headers, TheLastKnownReferrerPolicyOfAListCounts) {
  EXPECT_EQ(one(after({}, {{"referrer-policy", "no-referrer, unsafe-url"}}), "referrer-policy"),
            "strict-origin-when-cross-origin");
  EXPECT_EQ(one(after({}, {{"referrer-policy", "unsafe-url, same-origin, future-policy"}}), "referrer-policy"),
            "same-origin");
}

TEST(Headers, AFixedPolicyFillsInWhereTheBackendHasNone) {
  HeadersSettings settings;
  settings.content_security_policy = "default-src 'self'";
  EXPECT_EQ(one(after(settings, {}), "content-security-policy"), "default-src 'self'");
  auto both = after(settings, {{"content-security-policy", "default-src 'none'"}, {"Content-Security-Policy", "x"}});
  EXPECT_EQ(both.count("content-security-policy"), 2u);
}

TEST(Headers, APolicyCanBeTriedOutBesideTheOneThatHolds) {
  HeadersSettings settings;
  settings.content_security_policy = "default-src 'self'";
  settings.content_security_policy_report_only = "default-src 'none'";
  const auto out = after(settings, {});
  EXPECT_EQ(one(out, "content-security-policy"), "default-src 'self'");
  EXPECT_EQ(one(out, "content-security-policy-report-only"), "default-src 'none'");
}

TEST(Headers, TheDocumentsXssFilterIsAvailable) {
  HeadersSettings settings;
  settings.xss_protection = XssProtection::block;
  EXPECT_EQ(one(after(settings, {{"x-xss-protection", "0"}}), "x-xss-protection"), "1; mode=block");
}

TEST(HeadersSettings, AreReadAndBadValuesNamed) {
  auto control = make();
  auto good = testing::read_settings(*control,
                                     "frame = 'same-origin'\nreferrer_policy = 'no-referrer'\n"
                                     "opener_policy = 'same-origin-allow-popups'\nremove = ['X-Node']\n");
  EXPECT_EQ(good.keys(), "");
  EXPECT_EQ(good.as<HeadersSettings>().frame, Frame::same_origin);
  EXPECT_EQ(good.as<HeadersSettings>().referrer_policy, Referrer::no_referrer);
  EXPECT_EQ(good.as<HeadersSettings>().opener_policy, Opener::same_origin_allow_popups);
  EXPECT_EQ(testing::read_settings(*control, "referrer_policy = 'unsafe-url'").keys(), "referrer_policy");
  EXPECT_EQ(testing::read_settings(*control, "content_security_policy = \"a\\nb\"").keys(), "content_security_policy");
  EXPECT_EQ(testing::read_settings(*control, "permissions_policy = \"a\\rb\"").keys(), "permissions_policy");
  EXPECT_EQ(testing::read_settings(*control, "permissions_policy = \"camera 'none'\"").keys(), "permissions_policy");
  EXPECT_EQ(testing::read_settings(*control, "remove = ['bad name']").keys(), "remove");
  EXPECT_EQ(testing::read_settings(*control, "fram = 'deny'").keys(), "fram");
}

TEST(HeadersCheck, FindsWhatIsLoosened) {
  auto found = [control = make()](const HeadersSettings& s) {
    std::vector<proof::Finding> out;
    control->check(s, {}, {}, out);
    std::string ids;
    for (const auto& f : out) ids += f.id + " ";
    return ids;
  };
  EXPECT_EQ(found({}), "");
  HeadersSettings off, open, policy;
  off.enabled = false;
  open.frame = Frame::any;
  open.opener_policy = Opener::none;
  open.permissions_policy = "";
  policy.frame = Frame::any;
  policy.content_security_policy = "frame-ancestors https://partner.example.com";
  EXPECT_EQ(found(off), "GH-HEADERS ");
  EXPECT_EQ(found(open), "GH-HEADERS-FRAME GH-HEADERS-PERMISSIONS GH-HEADERS-OPENER ");
  EXPECT_EQ(found(policy), "");
}

// What gatehouse itself sends, as a probe sees it.
proof::Seen our_answer(int status) {
  proof::Seen seen{.status = status};
  for (const auto& [name, value] : after({}, {})) seen.headers.emplace_back(name, value);
  return seen;
}

TEST(HeadersProbe, EveryProbeHoldsBehindUsAndFailsOnABareBackend) {
  for (const proof::Probe& probe : probe_list()) {
    proof::FakeTarget good(
        [](const proof::Sent& s) -> Result<proof::Seen> { return our_answer(s.path == "/" ? 200 : 404); });
    auto seen = probe.run(good);
    EXPECT_EQ(seen.holds, proof::Holds::yes) << probe.id;
    EXPECT_FALSE(seen.positives.empty()) << probe.id;

    proof::FakeTarget bare([](const proof::Sent& s) -> Result<proof::Seen> {
      proof::Seen answer{.status = s.path == "/" ? 200 : 404};
      answer.headers = {{"server", "WSGIServer/0.2 CPython/3.11.2"}};
      if (s.path == "/") answer.headers.emplace_back("x-content-type-options", "odd");
      return answer;
    });
    auto bad = probe.run(bare);
    EXPECT_EQ(bad.holds, proof::Holds::no) << probe.id;
    ASSERT_EQ(bad.findings.size(), 1u) << probe.id;
    EXPECT_EQ(bad.findings[0].id, probe.id);
    EXPECT_FALSE(bad.findings[0].evidence.at(0).empty()) << probe.id;

    proof::FakeTarget silent([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "refused"); });
    EXPECT_EQ(probe.run(silent).holds, proof::Holds::unknown) << probe.id;
  }
}

TEST(HeadersProbe, WeakValuesAreSeenAsWeak) {
  auto with = [](std::string_view id, std::string name, std::string value) {
    proof::FakeTarget site([=](const proof::Sent&) -> Result<proof::Seen> {
      proof::Seen answer{.status = 200};
      answer.headers = {{name, value}};
      return answer;
    });
    return testing::probe_of(probe_list(), id).run(site).holds;
  };
  using proof::Holds;
  EXPECT_EQ(with("HDR-002", "x-frame-options", "ALLOW-FROM https://x"), Holds::no);
  EXPECT_EQ(with("HDR-002", "content-security-policy", "frame-ancestors 'none'"), Holds::yes);
  EXPECT_EQ(with("HDR-003", "referrer-policy", "no-referrer-when-downgrade"), Holds::no);
  EXPECT_EQ(with("HDR-003", "referrer-policy", "same-origin"), Holds::yes);
  EXPECT_EQ(with("HDR-003", "referrer-policy", "no-referrer, strict-origin-when-cross-origin"), Holds::yes);
  EXPECT_EQ(with("HDR-007", "server", "cloudflare"), Holds::yes);
  EXPECT_EQ(with("HDR-007", "x-powered-by", "Express"), Holds::no);
}

}  // namespace
}  // namespace gatehouse::controls::headers
