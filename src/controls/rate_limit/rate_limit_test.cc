// Limits over time, by key and by process. Long, as each is told as the story of its requests.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "controls/rate_limit/card.h"
#include "controls/rate_limit/control.h"
#include "controls/rate_limit/filter.h"
#include "controls/testing/probe_of.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"
#include "store/memory/memory_fast.h"

namespace gatehouse::controls::rate_limit {
namespace {

using gate::Code;
using gate::testing::ExchangeFixture;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// The control built for one route, with a store and a clock that stands still.
struct RateLimits : ::testing::Test, Builder {
  ManualClock clock{1700000000};  // 22:13:20 UTC: 1 h 46 min 40 s before midnight
  CountingEntropy entropy;
  store::MemoryFast fast{clock, entropy};
  gate::GateConfig config;
  gate::RouteConfig route;
  RateLimitSettings settings;
  std::map<std::string, std::shared_ptr<void>, std::less<>> kept;
  std::vector<std::pair<gate::Step, std::unique_ptr<gate::Filter>>> filters, seals;

  void add(gate::Step step, std::unique_ptr<gate::Filter> f) override { filters.emplace_back(step, std::move(f)); }
  void add_seal(gate::Step step, std::unique_ptr<gate::Filter> f) override { seals.emplace_back(step, std::move(f)); }

  void build() {
    filters.clear();
    seals.clear();
    Site site{config,
              clock,
              entropy,
              fast,
              [](const conf::SecretRef&) -> Result<std::string> { return fail(Source::us, "none"); },
              [this](std::string_view name, const std::function<std::shared_ptr<void>()>& make) {
                auto& there = kept[std::string(name)];
                if (!there) there = make();
                return there;
              }};
    RouteScope scope{route, [](std::string_view) -> const Settings* { return nullptr; }};
    make()->build(settings, site, scope, *this);
  }
  void rule(Rule r) {
    if (r.name.empty()) r.name = "rule";
    settings.rules.push_back(std::move(r));
  }

  gate::Verdict send(ExchangeFixture& f) {
    f.x.now = clock.steady();
    f.x.unix_now = clock.unix_seconds();
    for (const auto& [step, filter] : filters) {
      auto v = ExchangeFixture::settle(filter->request(f.x));
      if (!std::holds_alternative<gate::Pass>(v)) return v;
    }
    return gate::Pass{};
  }
  bool passes(ExchangeFixture& f) { return std::holds_alternative<gate::Pass>(send(f)); }
  bool passes_from(std::string_view address, std::string_view method = "GET") {
    ExchangeFixture f(method, "/");
    f.from(address);
    return passes(f);
  }
  int how_many_pass(int tries, std::string_view address, std::string_view method = "GET") {
    int n = 0;
    for (int i = 0; i < tries; ++i) n += passes_from(address, method);
    return n;
  }
  // What the seals put on the answer to this exchange.
  std::string field(ExchangeFixture& f, std::string_view name) {
    http::Response& out = f.answer(200);
    for (const auto& [step, seal] : seals) (void)ExchangeFixture::settle(seal->response(f.x, out));
    return std::string(out.fields.get(http::FieldName(name)).value_or("-"));
  }
  static void sign_in(ExchangeFixture& f, std::string subject, std::string issuer = "https://issuer.example") {
    auto p = std::make_shared<gate::Principal>();
    p->subject = std::move(subject), p->issuer = std::move(issuer);
    f.x.identity = {gate::Credential::bearer, p};
  }
};

TEST_F(RateLimits, ByDefaultAnAddressMaySend200AtOnceAndTenASecondAfterThat) {
  build();
  EXPECT_EQ(how_many_pass(300, "203.0.113.7"), 200);
  clock.advance(seconds(1));
  EXPECT_EQ(how_many_pass(50, "203.0.113.7"), 10);
  EXPECT_EQ(how_many_pass(300, "203.0.113.8"), 200);
}

TEST_F(RateLimits, TheOwnersAuditIsSparedTheGeneralLimitAndMeetsEveryRuleOfARoute) {
  settings.burst = 1;
  build();
  auto audit = [&] {
    int n = 0;
    for (int i = 0; i < 10; ++i) {
      ExchangeFixture f;
      f.x.auditor = true;
      n += passes(f);
    }
    return n;
  };
  EXPECT_EQ(audit(), 10);
  EXPECT_EQ(how_many_pass(3, "203.0.113.7"), 1) << "and it used up nothing of anybody's";
  Rule sign_in;
  sign_in.name = "sign_in", sign_in.rate = {5, minutes(1)};
  settings.rules = {sign_in};
  build();
  EXPECT_EQ(audit(), 5);
}

TEST_F(RateLimits, AllOfAnIpv6NetworkOfOneClientIsOneClient) {
  build();
  EXPECT_EQ(how_many_pass(200, "2001:db8:1:2::1"), 200);
  EXPECT_FALSE(passes_from("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_TRUE(passes_from("2001:db8:1:3::1"));
}

TEST_F(RateLimits, TheRefusalSaysWhenToComeBackRoundedUp) {
  settings.address = {2, minutes(1)};
  settings.burst = 1;
  build();
  EXPECT_TRUE(passes_from("203.0.113.7"));
  clock.advance(std::chrono::milliseconds(100));
  ExchangeFixture f;
  auto v = send(f);
  ASSERT_TRUE(std::holds_alternative<gate::Refusal>(v));
  EXPECT_EQ(std::get<gate::Refusal>(v).code, Code::rate_limited);
  EXPECT_EQ(std::get<gate::Refusal>(v).headers.retry_after, 30);
  EXPECT_EQ(std::get<gate::Refusal>(v).detail.view(), "rule address");
  EXPECT_EQ(field(f, "RateLimit"), "\"address\";r=0;t=30");
  EXPECT_EQ(field(f, "RateLimit-Policy"), "\"address\";q=2;w=60");
}

TEST_F(RateLimits, TheGeneralLimitSparesThisMachineAndTheProxyItselfAndNobodyWhoClaimsToBeThem) {
  settings.burst = 1;
  build();
  EXPECT_EQ(how_many_pass(5, "127.0.0.1"), 5);
  EXPECT_EQ(how_many_pass(5, "::1"), 5);
  auto from_proxy = [&](std::string_view client, std::string_view proxy) {
    int n = 0;
    for (int i = 0; i < 5; ++i) {
      ExchangeFixture f;
      f.from(client);
      f.x.client.peer = *net::Address::parse(proxy);
      f.x.client.trusted_peer = true;
      n += passes(f);
    }
    return n;
  };
  EXPECT_EQ(from_proxy("10.0.0.1", "10.0.0.1"), 5) << "the proxy's own health check";
  EXPECT_EQ(from_proxy("203.0.113.9", "10.0.0.1"), 1);
  EXPECT_EQ(from_proxy("127.0.0.1", "10.0.0.1"), 1) << "an address out of a header";
  ExchangeFixture unknown;
  unknown.from("10.0.0.1");
  unknown.x.client.trusted_peer = unknown.x.client.unreadable = true;
  EXPECT_TRUE(passes(unknown));
  EXPECT_FALSE(passes(unknown)) << "a client whom the proxy named in words that tell no address";
  settings.exempt_loopback = false;
  settings.address = {30, minutes(1)};
  build();
  EXPECT_EQ(how_many_pass(5, "127.0.0.1"), 1);
}

TEST_F(RateLimits, ARouteThatAsksForALimitHasItOnThisMachineToo) {
  settings.rules = preset("sign_in");
  build();
  EXPECT_EQ(how_many_pass(10, "127.0.0.1", "POST"), 5);
}

TEST_F(RateLimits, ExemptNetworksAreNotCountedByAddress) {
  settings.rules = preset("sign_in");
  settings.exempt = {*conf::Cidr::parse("198.51.100.0/24")};
  build();
  EXPECT_EQ(how_many_pass(10, "198.51.100.7", "POST"), 10);
  EXPECT_EQ(how_many_pass(10, "198.51.101.7", "POST"), 5);
}

TEST_F(RateLimits, SignInTakesFiveAMinuteAndCountsOnlyWrites) {
  settings.rules = preset("sign_in");
  build();
  EXPECT_EQ(how_many_pass(20, "203.0.113.7", "GET"), 20);
  EXPECT_EQ(how_many_pass(20, "203.0.113.7", "POST"), 5);
  clock.advance(seconds(12));
  EXPECT_EQ(how_many_pass(20, "203.0.113.7", "POST"), 1);
}

TEST_F(RateLimits, HeadCountsWithGet) {
  Rule r;
  r.name = "export", r.rate = {3, minutes(1)}, r.methods = {"GET"};
  rule(r);
  build();
  EXPECT_EQ(how_many_pass(10, "203.0.113.7", "HEAD"), 3);
  EXPECT_EQ(how_many_pass(10, "203.0.113.7", "GET"), 0);
  EXPECT_EQ(how_many_pass(10, "203.0.113.7", "POST"), 10);
}

TEST_F(RateLimits, PresetsAreWhatTheySay) {
  EXPECT_EQ(preset("trial_chat")[0].rate, (conf::Rate{20, minutes(1)}));
  EXPECT_EQ(preset("checkout")[0].key, Key::user);
  EXPECT_EQ(preset("confirmation")[0].rate, (conf::Rate{10, minutes(1)}));
  EXPECT_EQ(preset("download")[0].rate, (conf::Rate{30, minutes(1)}));
  EXPECT_TRUE(preset("nothing").empty());
}

TEST_F(RateLimits, SeveralRulesHoldTogether) {
  Rule fast_rule, slow_rule;
  fast_rule.name = "fast", fast_rule.rate = {20, minutes(1)};
  slow_rule.name = "slow", slow_rule.rate = {8, hours(1)};
  rule(fast_rule);
  rule(slow_rule);
  build();
  EXPECT_EQ(how_many_pass(30, "203.0.113.7"), 8);
}

TEST_F(RateLimits, AQuotaStandsBesideARateAndEndsWithItsDay) {
  Rule r;
  r.name = "trial", r.rate = {20, minutes(1)}, r.quota = {5, hours(24)}, r.who = Who::anonymous;
  rule(r);
  build();
  EXPECT_EQ(how_many_pass(10, "203.0.113.7"), 5);
  ExchangeFixture f;
  auto v = send(f);
  ASSERT_TRUE(std::holds_alternative<gate::Refusal>(v));
  EXPECT_EQ(std::get<gate::Refusal>(v).headers.retry_after, 6400);
  ExchangeFixture known;
  sign_in(known, "user_1");
  EXPECT_TRUE(passes(known)) << "the quota is for the anonymous";
  clock.advance(seconds(6400));
  EXPECT_EQ(how_many_pass(10, "203.0.113.7"), 5);
}

TEST_F(RateLimits, WhatARateRefusesUsesUpNoQuota) {
  Rule r;
  r.name = "trial", r.rate = {60, minutes(1)}, r.burst = 1, r.quota = {5, hours(24)};
  rule(r);
  build();
  EXPECT_EQ(how_many_pass(100, "203.0.113.7"), 1);
  for (int i = 0; i < 4; ++i) {
    clock.advance(seconds(1));
    EXPECT_TRUE(passes_from("203.0.113.7")) << i;
  }
  clock.advance(seconds(1));
  EXPECT_FALSE(passes_from("203.0.113.7"));
}

TEST_F(RateLimits, UsersAreCountedByIssuerAndSubjectWhereverTheyComeFrom) {
  Rule r;
  r.rate = {2, minutes(1)}, r.key = Key::user;
  rule(r);
  build();
  ASSERT_EQ(filters.size(), 2u);
  EXPECT_EQ(filters[1].first, gate::Step::account);
  int n = 0;
  auto as = [&](std::string_view address, const std::string& subject, const std::string& issuer) {
    ExchangeFixture f;
    f.from(address);
    sign_in(f, subject, issuer);
    return passes(f);
  };
  for (int i = 0; i < 5; ++i) n += as("203.0.113." + std::to_string(i), "user_1", "https://a.example");
  EXPECT_EQ(n, 2);
  EXPECT_TRUE(as("203.0.113.1", "user_1", "https://b.example"));
  EXPECT_TRUE(as("203.0.113.1", "user_2", "https://a.example"));
  EXPECT_EQ(how_many_pass(5, "203.0.113.200"), 2) << "the anonymous are counted by address";
}

TEST_F(RateLimits, LeavingTheHeaderOutOrSendingItTwiceDoesNotEscape) {
  Rule r;
  r.rate = {1, minutes(1)}, r.key = Key::header, r.key_name = "X-Api-Key";
  rule(r);
  build();
  auto with = [&](std::vector<std::string> values) {
    ExchangeFixture f;
    for (const auto& v : values) f.header("x-api-key", v);
    return passes(f);
  };
  EXPECT_TRUE(with({"one"}));
  EXPECT_FALSE(with({"one"}));
  EXPECT_TRUE(with({"two"}));
  EXPECT_TRUE(with({}));
  EXPECT_FALSE(with({}));
  EXPECT_FALSE(with({"a", "b"}));
  EXPECT_FALSE(with({""}));
}

TEST_F(RateLimits, ADeviceCookieIsCountedAndTwoOfItAreNone) {
  Rule r;
  r.rate = {1, minutes(1)}, r.key = Key::cookie, r.key_name = "device";
  rule(r);
  build();
  auto with = [&](std::string_view cookie) {
    ExchangeFixture f;
    if (!cookie.empty()) f.header("Cookie", cookie);
    return passes(f);
  };
  EXPECT_TRUE(with("a=1; device=d1; b=2"));
  EXPECT_FALSE(with("device=d1"));
  EXPECT_TRUE(with("device=d2"));
  EXPECT_TRUE(with("xdevice=d1"));
  EXPECT_FALSE(with(""));
  EXPECT_FALSE(with("device=d3; device=d4"));
}

TEST_F(RateLimits, ARouteAsAWholeCanBeLimited) {
  Rule r;
  r.rate = {3, minutes(1)}, r.key = Key::route;
  rule(r);
  build();
  int n = 0;
  for (int i = 0; i < 9; ++i) n += passes_from("203.0.113." + std::to_string(i));
  EXPECT_EQ(n, 3);
}

TEST_F(RateLimits, RulesCountPerRouteUnlessTheyShareAName) {
  Rule own, common;
  own.name = "own", own.rate = {2, minutes(1)};
  rule(own);
  route.path = "/a";
  build();
  EXPECT_EQ(how_many_pass(3, "203.0.113.7"), 2);
  route.path = "/b";
  build();
  EXPECT_EQ(how_many_pass(3, "203.0.113.7"), 2);
  common.name = "common", common.rate = {2, minutes(1)}, common.shared = "chat";
  settings.rules = {common};
  build();
  EXPECT_EQ(how_many_pass(3, "203.0.113.7"), 2);
  route.path = "/c";
  build();
  EXPECT_EQ(how_many_pass(3, "203.0.113.7"), 0);
}

TEST_F(RateLimits, AReloadForgetsNothing) {
  settings.rules = preset("sign_in");
  build();
  EXPECT_EQ(how_many_pass(5, "203.0.113.7", "POST"), 5);
  build();
  EXPECT_EQ(how_many_pass(5, "203.0.113.7", "POST"), 0);
}

TEST_F(RateLimits, LimitedRoutesSayWhatIsLeft) {
  Rule r;
  r.name = "chat", r.rate = {20, minutes(1)}, r.quota = {5, hours(24)};
  rule(r);
  build();
  ExchangeFixture f;
  EXPECT_TRUE(passes(f));
  EXPECT_EQ(field(f, "RateLimit"), "\"chat\";r=19;t=3, \"chat\";r=4;t=6400");
  EXPECT_EQ(field(f, "RateLimit-Policy"), "\"chat\";q=20;w=60, \"chat\";q=5;w=86400");
  settings.rules.clear();
  build();
  ExchangeFixture plain;
  EXPECT_TRUE(passes(plain));
  EXPECT_EQ(field(plain, "RateLimit"), "-") << "the general limit is told on refusals only";
  settings.tell = Tell::always;
  build();
  ExchangeFixture told;
  EXPECT_TRUE(passes(told));
  EXPECT_EQ(field(told, "RateLimit-Policy"), "\"address\";q=600;w=60");
  settings.tell = Tell::never;
  build();
  EXPECT_TRUE(seals.empty());
}

// A store on another machine: every answer comes later.
class FarFast final : public Fast {
 public:
  explicit FarFast(Fast& near) : near_(near) {}
  Soon<RateDecision> take(RateKey key, RateSpec spec, SteadyTime now) override {
    return later(near_.take(key, spec, now).take());
  }
  Soon<bool> put(std::string_view k, std::string_view v, WallTime e) override {
    return later(near_.put(k, v, e).take());
  }
  Soon<std::optional<std::string>> get(std::string_view k) override { return later(near_.get(k).take()); }
  Soon<bool> erase(std::string_view k) override { return later(near_.erase(k).take()); }
  Soon<std::uint64_t> count(std::string_view k, WallTime e) override { return later(near_.count(k, e).take()); }

 private:
  template <class T>
  static Task<T> later(T value) {
    co_return value;
  }
  Fast& near_;
};

TEST_F(RateLimits, AStoreThatAnswersLaterDecidesTheSame) {
  FarFast far(fast);
  Rule r;
  r.name = "chat", r.rate = {20, minutes(1)}, r.quota = {5, hours(24)};
  const SipKey key{};
  RateLimitFilter filter({counted(r, "far", key)}, far, settings);
  int n = 0;
  for (int i = 0; i < 10; ++i) {
    ExchangeFixture f;
    f.x.now = clock.steady(), f.x.unix_now = clock.unix_seconds();
    n += ExchangeFixture::passes(filter.request(f.x));
  }
  EXPECT_EQ(n, 5);
}

TEST(RateLimitSettings, AreReadFromText) {
  auto r = testing::read_settings(*make(), R"(
address = "100/min"
burst = 20
headers = "always"
exempt = ["10.0.0.0/8"]
preset = ["sign_in"]
[[rule]]
name = "device"
quota = "5/day"
key = "cookie"
key_name = "device"
who = "anonymous"
methods = ["post"]
)");
  EXPECT_EQ(r.keys(), "");
  const auto& s = r.as<RateLimitSettings>();
  EXPECT_EQ(s.address, (conf::Rate{100, minutes(1)}));
  EXPECT_EQ(s.tell, Tell::always);
  ASSERT_EQ(s.rules.size(), 2u);
  EXPECT_EQ(s.rules[0].name, "sign_in");
  EXPECT_EQ(s.rules[1].quota, (conf::Rate{5, hours(24)}));
  EXPECT_EQ(s.rules[1].methods, std::vector<std::string>{"POST"});
}

TEST(RateLimitSettings, MistakesAreNamed) {
  auto keys = [](std::string_view text) { return testing::read_settings(*make(), text).keys(); };
  EXPECT_EQ(keys("preset = [\"signin\"]"), "preset");
  EXPECT_EQ(keys("exempt = [\"0.0.0.0/0\"]"), "exempt");
  EXPECT_NE(keys("[[rule]]\nname = \"a\""), "");
  EXPECT_NE(keys("[[rule]]\nname = \"a b\"\nrate = \"5/min\""), "");
  EXPECT_NE(keys("[[rule]]\nrate = \"5/min\"\nkey = \"header\""), "");
  EXPECT_NE(keys("[[rule]]\nrate = \"5/min\"\nkey_name = \"x\""), "");
  EXPECT_NE(keys("preset = [\"sign_in\"]\n[[rule]]\nname = \"sign_in\"\nrate = \"5/min\""), "");
}

std::vector<std::string> findings(const RateLimitSettings& s, const gate::GateConfig& config) {
  std::vector<proof::Finding> found;
  make()->check(s, config, {}, found);
  std::vector<std::string> ids;
  for (const auto& f : found) ids.push_back(f.id);
  return ids;
}

TEST(RateLimitCheck, DefaultsOnAPublicAddressHaveNoFindings) {
  gate::GateConfig config;
  config.listen = {{"https", "0.0.0.0", 443, ""}};
  EXPECT_TRUE(findings({}, config).empty());
}

TEST(RateLimitCheck, EveryWeaknessIsFound) {
  gate::GateConfig config;
  config.listen = {{"https", "0.0.0.0", 443, ""}};
  RateLimitSettings off, high, invented, paired;
  off.enabled = false;
  EXPECT_EQ(findings(off, config), std::vector<std::string>{"GH-RATE-LIMIT"});
  high.address = {100000, minutes(1)};
  EXPECT_EQ(findings(high, config), std::vector<std::string>{"GH-RATE-LIMIT-HIGH"});
  Rule cookie, address;
  cookie.name = "c", cookie.key = Key::cookie, cookie.quota = {5, hours(24)};
  address.name = "a", address.quota = {5, hours(24)};
  invented.rules = {cookie};
  EXPECT_EQ(findings(invented, config), std::vector<std::string>{"GH-RATE-LIMIT-KEY"});
  paired.rules = {cookie, address};
  EXPECT_TRUE(findings(paired, config).empty());
  config.listen = {{"http", "127.0.0.1", 8080, ""}};
  EXPECT_EQ(findings({}, config), std::vector<std::string>{"GH-RATE-LIMIT-LOOPBACK"});
  config.ingress.trusted_proxies = {*conf::Cidr::parse("127.0.0.1")};
  EXPECT_TRUE(findings({}, config).empty());
}

// A site that refuses after so many sign-ins an address; 0: never.
proof::FakeTarget site(int most, std::string retry, bool trusts_header) {
  auto seen = std::make_shared<std::map<std::string, int>>();
  proof::FakeTarget t([=](const proof::Sent& s) -> Result<proof::Seen> {
    const std::string who = trusts_header ? proof::sent_header(s, "X-Forwarded-For") : "";
    proof::Seen answer;
    answer.status = 401;
    if (most > 0 && ++(*seen)[who] > most) {
      answer.status = 429;
      if (!retry.empty()) answer.headers = {{"retry-after", retry}};
    }
    return answer;
  });
  t.path("sign_in", "/login").writes(true);
  return t;
}

proof::Holds probe(std::string_view id, proof::FakeTarget t) {
  return testing::probe_of(probe_list(), id).run(t).holds;
}

TEST(RateLimitProbes, TellTheGoodSiteFromTheBadOne) {
  EXPECT_EQ(probe("RL-001", site(5, "12", false)), proof::Holds::yes);
  EXPECT_EQ(probe("RL-001", site(0, "", false)), proof::Holds::no);
  EXPECT_EQ(probe("RL-003", site(5, "12", false)), proof::Holds::yes);
  EXPECT_EQ(probe("RL-003", site(5, "12", true)), proof::Holds::no);
  EXPECT_EQ(probe("RL-003", site(0, "", false)), proof::Holds::unknown);
  EXPECT_EQ(probe("RL-005", site(5, "12", false)), proof::Holds::yes);
  EXPECT_EQ(probe("RL-005", site(5, "", false)), proof::Holds::no);
  EXPECT_EQ(probe("RL-005", site(0, "", false)), proof::Holds::unknown);
}

TEST(RateLimitProbes, SayWhatTheyCouldNotSee) {
  proof::FakeTarget nowhere([](const proof::Sent&) -> Result<proof::Seen> { return proof::Seen{}; });
  proof::FakeTarget missing([](const proof::Sent&) -> Result<proof::Seen> {
    proof::Seen s;
    s.status = 404;
    return s;
  });
  missing.path("sign_in", "/login");
  proof::FakeTarget down([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "down"); });
  down.path("sign_in", "/login");
  for (const auto& p : probe_list()) {
    EXPECT_EQ(p.run(nowhere).holds, proof::Holds::unknown) << p.id;
    EXPECT_EQ(p.run(missing).holds, proof::Holds::unknown) << p.id;
    EXPECT_EQ(p.run(down).holds, proof::Holds::unknown) << p.id;
  }
}

}  // namespace
}  // namespace gatehouse::controls::rate_limit
