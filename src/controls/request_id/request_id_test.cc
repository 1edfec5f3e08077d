#include <gtest/gtest.h>

#include <string>

#include "controls/request_id/card.h"
#include "controls/request_id/control.h"
#include "controls/request_id/filter.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::request_id {
namespace {

using gate::testing::ExchangeFixture;

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

std::string sent_up(const ExchangeFixture& f, std::string_view name) {
  return std::string(f.request.fields.get(http::FieldName(name)).value_or("(absent)"));
}

TEST(RequestIdFilter, AStrangersIdIsReplacedForBackendAndAnswer) {
  ExchangeFixture f;
  f.header("x-request-id", "attacker-chosen-1");
  RequestIdFilter filter(true);
  EXPECT_TRUE(ExchangeFixture::passes(filter.request(f.x)));
  EXPECT_EQ(f.x.id, "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(f.request.fields.count("x-request-id"), 1u);
  EXPECT_EQ(sent_up(f, "x-request-id"), f.x.id);
  http::Response& out = f.answer(200);
  out.fields.add(std::string_view("X-Request-ID"), "the-backends-own");
  EXPECT_TRUE(ExchangeFixture::passes(filter.response(f.x, out)));
  EXPECT_EQ(out.fields.count("x-request-id"), 1u);
  EXPECT_EQ(out.fields.get("x-request-id"), f.x.id);
}

TEST(RequestIdFilter, ATrustedProxysIdIsKept) {
  ExchangeFixture f;
  f.x.client.trusted_peer = true;
  f.header("X-Request-Id", "edge-7f3a9c21");
  EXPECT_TRUE(ExchangeFixture::passes(RequestIdFilter(true).request(f.x)));
  EXPECT_EQ(f.x.id, "edge-7f3a9c21");
  EXPECT_EQ(sent_up(f, "X-Request-Id"), "edge-7f3a9c21");
}

TEST(RequestIdFilter, EvenATrustedProxyMayNotSendTwoIdsOrOddOnes) {
  for (bool twice : {false, true}) {
    ExchangeFixture f;
    f.x.client.trusted_peer = true;
    f.header("X-Request-Id", twice ? "edge-7f3a9c21" : "evil id \"quoted\"");
    if (twice) f.header("X-Request-Id", "edge-other-one");
    EXPECT_TRUE(ExchangeFixture::passes(RequestIdFilter(true).request(f.x)));
    EXPECT_EQ(f.x.id, "000102030405060708090a0b0c0d0e0f");
    EXPECT_EQ(f.request.fields.count("x-request-id"), 1u);
  }
}

TEST(RequestIdFilter, AnAnswerToWhatCouldNotBeParsedHasAnIdToo) {
  ExchangeFixture f;
  http::Response& out = f.answer(400);
  EXPECT_TRUE(ExchangeFixture::passes(RequestIdFilter(true).response(f.x, out)));
  EXPECT_EQ(out.fields.get("x-request-id"), f.x.id);
  EXPECT_EQ(f.x.id.size(), 32u);
}

TEST(RequestIdFilter, AStrangersTraceIsKeptAsALinkAndANewOneBegins) {
  ExchangeFixture f;
  f.header("traceparent", kParent).header("tracestate", "vendor=1").header("baggage", "user=admin");
  EXPECT_TRUE(ExchangeFixture::passes(RequestIdFilter(true).request(f.x)));
  EXPECT_EQ(f.x.facts.trace_link, kParent);
  EXPECT_EQ(f.x.facts.trace, f.x.id);
  EXPECT_EQ(sent_up(f, "traceparent"), "00-" + std::string(f.x.id) + "-1011121314151617-01");
  EXPECT_EQ(sent_up(f, "tracestate"), "(absent)");
  EXPECT_EQ(sent_up(f, "baggage"), "(absent)");
}

TEST(RequestIdFilter, ATrustedTraceGoesOnWithItsFlagsAndStateButNoBaggage) {
  ExchangeFixture f;
  f.x.client.trusted_peer = true;
  f.header("Traceparent", kParent).header("tracestate", "vendor=1,other=2").header("Baggage", "user=admin");
  EXPECT_TRUE(ExchangeFixture::passes(RequestIdFilter(true).request(f.x)));
  EXPECT_EQ(f.x.facts.trace, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_TRUE(f.x.facts.trace_link.empty());
  EXPECT_EQ(sent_up(f, "traceparent"), "00-0af7651916cd43dd8448eb211c80319c-1011121314151617-00");
  EXPECT_EQ(sent_up(f, "tracestate"), "vendor=1,other=2");
  EXPECT_EQ(sent_up(f, "baggage"), "(absent)");
}

TEST(RequestIdFilter, ABrokenTraceparentStartsANewTraceEvenFromATrustedProxy) {
  ExchangeFixture f;
  f.x.client.trusted_peer = true;
  f.header("traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01").header("tracestate", "vendor=1");
  EXPECT_TRUE(ExchangeFixture::passes(RequestIdFilter(false).request(f.x)));
  EXPECT_EQ(sent_up(f, "traceparent"), "00-" + std::string(f.x.id) + "-1011121314151617-00");
  EXPECT_EQ(sent_up(f, "tracestate"), "(absent)");
}

TEST(RequestIdFilter, AnIdThatIsNoTraceIdGetsATraceOfItsOwn) {
  ExchangeFixture f;
  f.x.client.trusted_peer = true;
  f.header("X-Request-Id", "edge-7f3a9c21");
  EXPECT_TRUE(ExchangeFixture::passes(RequestIdFilter(true).request(f.x)));
  TraceParent parent;
  std::string sent = sent_up(f, "traceparent");
  ASSERT_TRUE(parse_traceparent(sent, parent));
  EXPECT_EQ(parent.trace_id, f.x.facts.trace);
}

TEST(TraceParent, OnlyTheWrittenFormIsValid) {
  TraceParent p;
  EXPECT_TRUE(parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", p));
  EXPECT_EQ(p.parent_id, "b7ad6b7169203331");
  EXPECT_EQ(p.flags, "01");
  EXPECT_TRUE(parse_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later", p));
  for (std::string_view bad : {
           "",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
           "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
           "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.later",
           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
       })
    EXPECT_FALSE(parse_traceparent(bad, p)) << bad;
}

TEST(TraceState, IsBounded) {
  EXPECT_TRUE(is_tracestate("a=1, b=2,,c=3"));
  std::string many;
  for (int i = 0; i < 33; ++i) many += "k" + std::to_string(i) + "=1,";
  for (const std::string& bad : {std::string(), std::string(","), std::string("novalue"), std::string("=1"),
                                 std::string("a=\x01"), "a=" + std::string(511, 'x'), many})
    EXPECT_FALSE(is_tracestate(bad)) << bad;
}

TEST(RequestIdProbe, TellsAGoodSiteFromThreeBadOnes) {
  auto run = [](std::function<std::string(const proof::Sent&, int)> id) {
    int n = 0;
    proof::FakeTarget site([&](const proof::Sent& s) -> Result<proof::Seen> {
      proof::Seen seen{.status = 200};
      if (std::string value = id(s, n++); !value.empty()) seen.headers = {{"x-request-id", value}};
      return seen;
    });
    return probe_list()[0].run(site);
  };
  EXPECT_EQ(run([](auto&, int n) { return "id-number-" + std::to_string(n); }).holds, proof::Holds::yes);
  auto none = run([](auto&, int) { return std::string(); });
  EXPECT_EQ(none.holds, proof::Holds::no);
  EXPECT_EQ(none.findings.at(0).control, "request_id");
  auto echo = run([](const proof::Sent& s, int) { return proof::sent_header(s, "x-request-id"); });
  EXPECT_EQ(echo.holds, proof::Holds::no);
  EXPECT_NE(echo.findings.at(0).evidence.at(0).find("took over"), std::string::npos);
  EXPECT_EQ(run([](auto&, int) { return std::string("constant-id"); }).holds, proof::Holds::no);
}

TEST(RequestIdProbe, ASilentSiteIsUnknownNotGood) {
  proof::FakeTarget site([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "unreachable"); });
  auto seen = probe_list()[0].run(site);
  EXPECT_EQ(seen.holds, proof::Holds::unknown);
  EXPECT_FALSE(seen.not_checked.empty());
}

TEST(RequestIdCheck, CannotBeSwitchedOffAndSaysSoIfItWere) {
  auto control = make();
  EXPECT_FALSE(control->can_disable());
  std::vector<proof::Finding> out;
  auto settings = control->settings();
  control->check(*settings, {}, {}, out);
  EXPECT_TRUE(out.empty());
  settings->enabled = false;
  control->check(*settings, {}, {}, out);
  EXPECT_EQ(out.size(), 1u);
}

}  // namespace
}  // namespace gatehouse::controls::request_id
