#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/crypto/jwt.h"
#include "base/testing/temporary_folder.h"
#include "controls/identity_out/card.h"
#include "controls/identity_out/control.h"
#include "controls/identity_out/filter.h"
#include "controls/testing/counted_heap.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::identity_out {
namespace {

using gate::testing::ExchangeFixture;
using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1700000000;

class IdentityOutTest : public ::testing::Test {
 protected:
  void SetUp() override {
    keys_ = fresh_keys();
    ASSERT_TRUE(keys_->open());
  }

  std::shared_ptr<AssertionKeys> fresh_keys() {
    return std::make_shared<AssertionKeys>(folder_.at("assertion-keys"), std::chrono::hours(24 * 30), clock_);
  }
  IdentityOutFilter filter(Rules rules = {}) {
    if (rules.audience.empty()) rules.audience = "app";
    if (rules.issuer.empty()) rules.issuer = "https://app.example.com";
    return IdentityOutFilter(std::move(rules), keys_, cache_);
  }
  static std::shared_ptr<const gate::Principal> alice() {
    auto p = std::make_shared<gate::Principal>();
    p->subject = "alice";
    p->issuer = "https://issuer.example";
    p->session = "s1";
    p->roles = {"admin", "editor"};
    p->claims = json::parse(R"({"sub":"alice","email":"a@example.com","o":{"id":"org_1"}})").value();
    return p;
  }
  std::string sent(const ExchangeFixture& f, std::string_view name) {
    return std::string(f.request.fields.get(http::FieldName(name)).value_or("(absent)"));
  }
  crypto::KeySet published() { return crypto::KeySet::parse(keys_->key_set(), crypto::KeyTrust::remote).value(); }

  ManualClock clock_{kNow};
  const TemporaryFolder folder_;
  std::shared_ptr<AssertionKeys> keys_;
  std::shared_ptr<SentCache> cache_ = std::make_shared<SentCache>();
};

TEST_F(IdentityOutTest, NoSpellingOfOurNamesPassesFromAClient) {
  const std::vector<std::string_view> spellings = {
      "X-Gatehouse-User",      "x-gatehouse-user",        "X-GATEHOUSE-USER",      "X_Gatehouse_User",
      "x_gatehouse_user",      "X.Gatehouse.User",        "X-Gatehouse_User",      "X_Gatehouse-User",
      "X-Gatehouse.User",      "x.gatehouse-user",        "X Gatehouse User",      "X-Gatehouse-Session",
      "X-Gatehouse-Roles",     "x_gatehouse_roles",       "X-Gatehouse-Assertion", "X_GATEHOUSE_ASSERTION",
      "X-Gatehouse-Issuer",    "X-Gatehouse-Claims",      "X-gAtEhOuSe-UsEr",      "X-Gatehouse-",
      "X.Gatehouse_Assertion", "X-Gatehouse-Anything-New"};
  for (bool signed_in : {false, true}) {
    ExchangeFixture f;
    f.header("Accept", "*/*");
    for (std::string_view name : spellings) f.header(name, "admin");
    f.header("X-Gatehous-User", "near").header("XX-Gatehouse-User", "other");
    if (signed_in) f.x.identity = {gate::Credential::bearer, alice()};
    EXPECT_TRUE(ExchangeFixture::passes(filter().request(f.x)));
    EXPECT_EQ(f.x.facts.dropped_headers, spellings.size());
    for (const http::Field& field : f.request.fields) EXPECT_NE(field.value, "admin") << field.name;
    EXPECT_EQ(f.request.fields.size(), signed_in ? 8u : 3u) << "what is not ours stays";
    EXPECT_EQ(sent(f, "X-Gatehouse-User"), signed_in ? "alice" : "(absent)");
  }
}

TEST_F(IdentityOutTest, TheAssertionSaysWhoIsThereToThisBackendForAMinute) {
  ExchangeFixture f;
  f.x.identity = {gate::Credential::bearer, alice()};
  Rules rules;
  rules.claims = {"email", "o.id", "absent"};
  EXPECT_TRUE(ExchangeFixture::passes(filter(rules).request(f.x)));
  EXPECT_EQ(sent(f, "X-Gatehouse-User"), "alice");
  EXPECT_EQ(sent(f, "X-Gatehouse-Session"), "s1");
  EXPECT_EQ(sent(f, "X-Gatehouse-Roles"), "admin,editor");
  EXPECT_EQ(sent(f, "X-Gatehouse-Issuer"), "https://issuer.example");
  crypto::JwtRules expect;
  expect.issuers = {"https://app.example.com"};
  expect.audiences = {"app"};
  expect.algorithms = {crypto::Algorithm::eddsa};
  expect.skew = 0;
  const std::string token = sent(f, "X-Gatehouse-Assertion");
  const auto jwt = crypto::verify_jwt(token, published(), expect, kNow);
  ASSERT_TRUE(jwt) << jwt.error().text();
  EXPECT_EQ(jwt->claims.string_at("sub"), "alice");
  EXPECT_EQ(jwt->claims.string_at("sid"), "s1");
  EXPECT_EQ(jwt->claims.find("roles")->array().size(), 2u);
  EXPECT_EQ(jwt->claims.string_at("email"), "a@example.com");
  EXPECT_EQ(jwt->claims.string_at("o.id"), "org_1");
  EXPECT_EQ(jwt->claims.find("absent"), nullptr);
  EXPECT_EQ(jwt->claims.string_at("jti")->size(), 32u);
  EXPECT_EQ(jwt->issued_at, kNow);
  EXPECT_EQ(jwt->expires, kNow + 60);
  EXPECT_FALSE(crypto::verify_jwt(token, published(), expect, kNow + 60));
  expect.audiences = {"other-backend"};
  EXPECT_FALSE(crypto::verify_jwt(token, published(), expect, kNow));
}

TEST_F(IdentityOutTest, WhatSomebodyPaidForIsToldAtOnceAndTakenBackAtOnce) {
  const auto principal = alice();
  const IdentityOutFilter f1 = filter();
  const auto told = [&](std::vector<std::string> names) {
    ExchangeFixture f;
    f.header("X-Gatehouse-Entitlements", "everything");
    f.x.identity = {gate::Credential::bearer, principal};
    f.x.identity.entitlements = std::make_shared<const std::vector<std::string>>(std::move(names));
    EXPECT_TRUE(ExchangeFixture::passes(f1.request(f.x)));
    return std::pair(sent(f, "X-Gatehouse-Entitlements"), sent(f, "X-Gatehouse-Assertion"));
  };
  const auto none = told({});
  EXPECT_EQ(none.first, "(absent)");
  const auto paid = told({"export", "pro"});
  EXPECT_EQ(paid.first, "export,pro");
  EXPECT_NE(paid.second, none.second);
  EXPECT_EQ(told({"export", "pro"}).second, paid.second) << "the same is signed once";
  EXPECT_EQ(told({}).first, "(absent)");
  crypto::JwtRules expect;
  expect.issuers = {"https://app.example.com"};
  expect.audiences = {"app"};
  expect.algorithms = {crypto::Algorithm::eddsa};
  const auto jwt = crypto::verify_jwt(paid.second, published(), expect, kNow);
  ASSERT_TRUE(jwt) << jwt.error().text();
  EXPECT_EQ(json::write(*jwt->claims.find("entitlements")), R"(["export","pro"])");
}

TEST_F(IdentityOutTest, AnAssertionServesForHalfItsLife) {
  const auto principal = alice();
  const auto at = [&](std::int64_t now, const std::shared_ptr<const gate::Principal>& p) {
    ExchangeFixture f;
    f.x.unix_now = now;
    f.x.identity = {gate::Credential::bearer, p};
    EXPECT_TRUE(ExchangeFixture::passes(filter().request(f.x)));
    return sent(f, "X-Gatehouse-Assertion");
  };
  const std::string first = at(kNow, principal);
  EXPECT_EQ(at(kNow + 29, principal), first);
  EXPECT_NE(at(kNow + 30, principal), first);
  auto bob = std::make_shared<gate::Principal>(*principal);
  bob->subject = "bob";
  EXPECT_NE(at(kNow, bob), first);
}

TEST_F(IdentityOutTest, ANewTokenOfTheSameIdentitySharesTheAssertionAndNoOtherDoes) {
  Rules rules;
  rules.claims = {"email"};
  const IdentityOutFilter tell = filter(rules);
  const auto with = [&](auto change) {
    auto p = std::make_shared<gate::Principal>(*alice());
    change(*p);
    ExchangeFixture f;
    f.x.unix_now = kNow;
    f.x.identity = {gate::Credential::bearer, p};
    EXPECT_TRUE(ExchangeFixture::passes(tell.request(f.x)));
    return sent(f, "X-Gatehouse-Assertion");
  };
  const std::string first = with([](gate::Principal&) {});
  EXPECT_EQ(with([](gate::Principal& p) { p.claims.set("jti", "another token"); }), first);
  using Change = void (*)(gate::Principal&);
  for (Change change : {
           Change([](gate::Principal& p) { p.subject = "alic"; }),
           Change([](gate::Principal& p) { p.session = "s2"; }),
           Change([](gate::Principal& p) { p.session.clear(); }),
           Change([](gate::Principal& p) { p.issuer += "/"; }),
           Change([](gate::Principal& p) { p.roles = {"admin"}; }),
           Change([](gate::Principal& p) { p.roles = {"admin,editor"}; }),
           Change([](gate::Principal& p) { p.roles = {"editor", "admin"}; }),
           Change([](gate::Principal& p) { p.claims.set("email", "b@example.com"); }),
           Change([](gate::Principal& p) { p.claims.set("email", true); }),
       })
    EXPECT_NE(with(change), first);
  EXPECT_EQ(with([](gate::Principal&) {}), first);
}

TEST_F(IdentityOutTest, BrokenNamesThatAreWrittenAlikeAreNotShared) {
  const IdentityOutFilter tell = filter();
  for (const auto& [subject, field] : {std::pair{"\xff", "%FF"}, std::pair{"\xfe", "%FE"}}) {
    auto p = std::make_shared<gate::Principal>(*alice());
    p->subject = subject;
    ExchangeFixture f;
    f.x.identity = {gate::Credential::bearer, p};
    EXPECT_TRUE(ExchangeFixture::passes(tell.request(f.x)));
    EXPECT_EQ(sent(f, "X-Gatehouse-User"), field) << "both read U+FFFD in the assertion";
  }
}

TEST_F(IdentityOutTest, AnAssertionNeverOutlivesItsToken) {
  const IdentityOutFilter tell = filter();
  const auto expiry = [&](std::int64_t token_expires) {
    auto p = std::make_shared<gate::Principal>(*alice());
    p->expires = token_expires;
    ExchangeFixture f;
    f.x.unix_now = kNow;
    f.x.identity = {gate::Credential::bearer, p};
    EXPECT_TRUE(ExchangeFixture::passes(tell.request(f.x)));
    return crypto::verify_jwt(sent(f, "X-Gatehouse-Assertion"), published(), {}, kNow).value().expires - kNow;
  };
  EXPECT_EQ(expiry(0), 60) << "a token without an expiry";
  EXPECT_EQ(expiry(kNow + 600), 60);
  EXPECT_EQ(expiry(kNow + 25), 25) << "not the one that was made a moment ago and lives longer";
  EXPECT_EQ(expiry(kNow + 600), 25) << "shared: it ends earlier, which does no harm";
  EXPECT_EQ(expiry(kNow + 3), 10) << "the backend needs the time to read it";
  EXPECT_EQ(expiry(kNow - 20), 10) << "within the skew";
}

TEST_F(IdentityOutTest, TheTableHoldsAThousandKeysAndStaysBounded) {
  SentTable<std::string, std::hash<std::string_view>> table;
  const auto sent_until = [](std::int64_t renew_at) {
    auto s = std::make_shared<Sent>();
    s->renew_at = renew_at;
    return s;
  };
  const auto held = [&](int first, int last) {
    int n = 0;
    for (int i = first; i < last; ++i) n += table.find(std::to_string(i), kNow) != nullptr;
    return n;
  };
  for (int i = 0; i < 1000; ++i) table.put(std::to_string(i), sent_until(kNow + 30));
  EXPECT_GE(held(0, 1000), 980) << "few share a place with more than three others";
  table.put("7", sent_until(kNow));
  EXPECT_EQ(table.find(std::string_view("7"), kNow), nullptr) << "to be renewed";
  for (int i = 1000; i < 50000; ++i) table.put(std::to_string(i), sent_until(kNow + 30 + i));
  EXPECT_LE(held(0, 50000), 4096);
  EXPECT_GE(held(45000, 50000), 3500) << "what is to be renewed first made room";
}

TEST_F(IdentityOutTest, NoClaimStandsTwiceInAnAssertion) {
  ExchangeFixture f;
  f.x.identity = {gate::Credential::bearer, alice()};
  Rules rules;
  rules.claims = {"email", "sub", "email"};
  EXPECT_TRUE(ExchangeFixture::passes(filter(rules).request(f.x)));
  const auto jwt = crypto::verify_jwt(sent(f, "X-Gatehouse-Assertion"), published(), {}, kNow);
  ASSERT_TRUE(jwt) << jwt.error().text();
  EXPECT_EQ(jwt->claims.string_at("email"), "a@example.com");
}

TEST_F(IdentityOutTest, AnAssertionMadeBeforeIsSentWithoutAllocating) {
  const IdentityOutFilter tell = filter();
  const gate::Identity identity{gate::Credential::bearer, alice()};
  ExchangeFixture f;
  std::size_t before = 0;
  for (int i = 0; i < 10100; ++i) {
    if (i == 100) before = testing::heap_allocations();
    f.arena.reset();
    f.request.fields.reset();
    f.x.identity = identity;
    ASSERT_TRUE(ExchangeFixture::passes(tell.request(f.x)));
    ASSERT_EQ(f.request.fields.size(), 5u);
  }
  EXPECT_EQ(testing::heap_allocations() - before, 0u);
}

TEST_F(IdentityOutTest, ValuesCannotBreakOutOfTheirField) {
  EXPECT_EQ(field_value("auth0|5f7c8ec7"), "auth0|5f7c8ec7");
  EXPECT_EQ(field_value("a b,c%\r\nX-Evil: 1"), "a%20b%2Cc%25%0D%0AX-Evil:%201");
  EXPECT_EQ(field_value("j\xc3\xb6rg"), "j%C3%B6rg");
}

TEST_F(IdentityOutTest, WithoutAKeyASignedInRequestIsRefusedAndOthersPass) {
  keys_ = fresh_keys();  // not opened: no key
  ExchangeFixture known, unknown;
  known.x.identity = {gate::Credential::bearer, alice()};
  EXPECT_EQ(ExchangeFixture::refusal(filter().request(known.x)), gate::Code::internal);
  EXPECT_TRUE(ExchangeFixture::passes(filter().request(unknown.x)));
}

TEST_F(IdentityOutTest, OurFieldsDoNotTravelBack) {
  ExchangeFixture f;
  http::Response& out = f.answer(200);
  out.fields.add(std::string_view("X-Gatehouse-Assertion"), "eyJ");
  out.fields.add(std::string_view("x_gatehouse_user"), "alice");
  EXPECT_TRUE(ExchangeFixture::passes(filter().response(f.x, out)));
  EXPECT_EQ(out.fields.size(), 1u);
}

TEST_F(IdentityOutTest, TheKeySetIsPublicAndHoldsNoPrivatePart) {
  const KeySetFilter publish(keys_);
  ExchangeFixture f("GET", kKeySetPath);
  gate::Verdict v = ExchangeFixture::settle(publish.request(f.x));
  ASSERT_TRUE(std::holds_alternative<gate::Reply>(v));
  const http::Response& out = std::get<gate::Reply>(v).response;
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.fields.get("content-type"), "application/jwk-set+json");
  EXPECT_EQ(out.bytes.find("\"d\""), std::string_view::npos);
  EXPECT_EQ(crypto::KeySet::parse(out.bytes, crypto::KeyTrust::remote).value().records().size(), 1u);
  ExchangeFixture other("GET", "/.well-known/gatehouse/jwks.jsonx");
  EXPECT_TRUE(ExchangeFixture::passes(publish.request(other.x)));
  ExchangeFixture write("POST", kKeySetPath);
  EXPECT_TRUE(ExchangeFixture::passes(publish.request(write.x)));
}

TEST_F(IdentityOutTest, KeysAreKeptInPrivateFilesAndFoundAgain) {
  const std::string kid = keys_->signer()->kid;
  const auto again = fresh_keys();
  ASSERT_TRUE(again->open());
  EXPECT_EQ(again->signer()->kid, kid);
  const auto file = *std::filesystem::directory_iterator(folder_.at("assertion-keys"));
  struct stat info{};
  ASSERT_EQ(stat(file.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(chmod(file.path().c_str(), 0644), 0);
  EXPECT_FALSE(fresh_keys()->open());
}

TEST_F(IdentityOutTest, KeysTurnWithAnOverlapOnBothSides) {
  const auto count = [&] { return published().records().size(); };
  const std::string first = keys_->signer()->kid;
  clock_.advance(std::chrono::hours(24 * 30));
  EXPECT_EQ(keys_->signer()->kid, first) << "the new key is published before it signs";
  EXPECT_EQ(count(), 2u);
  clock_.advance(std::chrono::hours(1));
  const std::string second = keys_->signer()->kid;
  EXPECT_NE(second, first);
  EXPECT_EQ(count(), 2u) << "what the old key signed can still be verified";
  const auto restarted = fresh_keys();
  ASSERT_TRUE(restarted->open());
  EXPECT_EQ(restarted->signer()->kid, second);
  clock_.advance(std::chrono::hours(24));
  EXPECT_EQ(keys_->signer()->kid, second);
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.at("assertion-keys")), {}), 1);
}

TEST(IdentityOutControl, ReadsItsTableAndKeepsTheGatesOwnClaims) {
  const auto control = make();
  EXPECT_EQ(testing::read_settings(*control, "audience = \"api\"\nclaims = [\"email\"]\nlifetime = \"30s\"").keys(),
            "");
  EXPECT_THAT(testing::read_settings(*control, "claims = [\"sub\"]").keys(), HasSubstr("claims"));
  EXPECT_THAT(testing::read_settings(*control, "assertion = false").keys(), HasSubstr("assertion"));
  EXPECT_THAT(testing::read_settings(*control, "lifetime = \"1h\"").keys(), HasSubstr("lifetime"));
  EXPECT_FALSE(control->can_disable());
  auto reading = testing::read_settings(*control, "assertion = false");
  std::vector<proof::Finding> findings;
  control->check(*reading.settings, {}, {}, findings);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].id, "GH-IDENTITY-OUT");
  findings.clear();
  control->check(*control->settings(), {}, {}, findings);
  EXPECT_TRUE(findings.empty());
}

TEST(IdentityOutProbe, SeesABackendThatBelievesHeaders) {
  const auto run = [](std::string believed, int closed = 401) {
    proof::FakeTarget target([=](const proof::Sent& s) -> Result<proof::Seen> {
      proof::Seen seen;
      seen.status = !believed.empty() && !proof::sent_header(s, believed).empty() ? 200 : closed;
      return seen;
    });
    target.path("protected", "/api/me");
    return probe_list()[0].run(target).holds;
  };
  EXPECT_EQ(run(""), proof::Holds::yes);
  EXPECT_EQ(run("X-Forwarded-User"), proof::Holds::no);
  EXPECT_EQ(run("x_gatehouse_user"), proof::Holds::no);
  EXPECT_EQ(run("", 200), proof::Holds::unknown);
}

}  // namespace
}  // namespace gatehouse::controls::identity_out
