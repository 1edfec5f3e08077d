// Tokens, one forgery after the other. Long, as each attack is a case of its own.
#include "base/crypto/jwt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <new>

#include "base/crypto/dev_issuer.h"
#include "base/crypto/digest.h"
#include "base/crypto/key_file.h"
#include "base/testing/temporary_folder.h"
#include "base/text.h"
#include "controls/jwt/card.h"
#include "controls/jwt/control.h"
#include "controls/jwt/filter.h"
#include "controls/testing/counted_heap.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "net/reactor.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::jwt {
namespace {

using crypto::Algorithm;
using crypto::KeyKind;
using crypto::SigningKey;
using gate::Code;
using gate::testing::ExchangeFixture;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kNow = 1700000000;  // what ManualClock starts at

// A source whose answers the test turns by hand.
class HandKeys final : public KeySource {
 public:
  std::shared_ptr<const Keys> keys() const override { return now; }
  std::uint64_t generation() const override { return now ? now->generation : 0; }
  bool ask() override {
    ++asked;
    return answers;
  }
  bool asking() const override {
    ++looks;
    if (looks >= 3 && next) now = next;
    return looks < 3;
  }
  mutable std::shared_ptr<const Keys> now;
  std::shared_ptr<const Keys> next;
  int asked = 0;
  mutable int looks = 0;
  bool answers = false;
};

std::shared_ptr<const Keys> keys_of(const SigningKey& key, std::string_view kid) {
  const std::string text = json::write(crypto::publish(key.public_key(), kid, Algorithm::eddsa));
  return keep_keys(crypto::KeySet::parse(text, crypto::KeyTrust::remote).value(), text);
}

struct Door {
  explicit Door(Preset preset = Preset::custom, CookieRules cookies = {}) {
    source->now = keys_of(key, "k1");
    crypto::JwtRules rules;
    rules.issuers = {"https://issuer.example"};
    rules.audiences = preset == Preset::clerk ? std::vector<std::string>{} : std::vector<std::string>{"api"};
    if (preset == Preset::clerk) rules.authorized_parties = {"https://app.example"}, rules.types = {"JWT"};
    rules.subject_required = true;
    filter = std::make_unique<JwtFilter>(
        preset,
        std::make_unique<const Verifier>(preset, rules, ClaimNames{{"roles", "o.rol"}, {"sid"}}, "test", source, cache,
                                         &revocations),
        std::nullopt, std::move(cookies));
  }
  std::string token(std::string_view more = "", std::string_view subject = "alice", std::int64_t lifetime = 60) const {
    return crypto::sign_jws(key, Algorithm::eddsa, "k1", "JWT",
                            R"({"iss":"https://issuer.example","aud":"api","azp":"https://app.example","sub":")" +
                                std::string(subject) + "\",\"exp\":" + std::to_string(kNow + lifetime) +
                                std::string(more) + "}")
        .value();
  }
  ManualClock clock;
  gate::Revocations revocations{clock};
  SigningKey key = SigningKey::generate(KeyKind::ed25519).value();
  std::shared_ptr<HandKeys> source = std::make_shared<HandKeys>();
  std::shared_ptr<VerifiedCache> cache = std::make_shared<VerifiedCache>(SipKey{1});
  std::unique_ptr<JwtFilter> filter;
};

CookieRules accepts(std::vector<std::string> names) { return {std::move(names), {}, {}, {"__client_uat"}}; }
CookieRules drops() { return {{}, {"__session"}, {"__session_"}, {}}; }

// "pass alice bearer", "pass nobody", or the refusal's code and detail.
std::string outcome(const Door& d, ExchangeFixture& f) {
  gate::Verdict v = ExchangeFixture::settle(d.filter->request(f.x));
  if (auto* r = std::get_if<gate::Refusal>(&v))
    return std::string(gate::info(r->code).text) + ": " + std::string(r->detail.view());
  if (!f.x.identity.known()) return "pass nobody";
  return "pass " + std::string(f.x.identity.subject()) +
         (f.x.identity.credential == gate::Credential::cookie ? " cookie" : " bearer");
}
std::string with_header(const Door& d, std::string_view value) {
  ExchangeFixture f;
  f.header("Authorization", value);
  return outcome(d, f);
}
std::string with_cookie(const Door& d, std::string_view value) {
  ExchangeFixture f;
  f.header("Cookie", value);
  return outcome(d, f);
}

TEST(JwtFilter, ABearerTokenProvesWhoIsThere) {
  Door d;
  ExchangeFixture f;
  f.header("Authorization", "Bearer " + d.token(R"(,"sid":"s1","roles":["admin","editor"])"));
  EXPECT_EQ(outcome(d, f), "pass alice bearer");
  EXPECT_EQ(f.x.identity.principal->session, "s1");
  EXPECT_THAT(f.x.identity.principal->roles, ::testing::ElementsAre("admin", "editor"));
  EXPECT_EQ(f.x.identity.principal->expires, kNow + 60);
  EXPECT_FALSE(f.x.cookie_credential);
  EXPECT_TRUE(f.request.fields.has("authorization")) << "the backend may verify it too";
}

TEST(JwtFilter, WithoutACredentialNobodyIsThereAndNothingIsRefused) {
  Door d;
  ExchangeFixture f;
  EXPECT_EQ(outcome(d, f), "pass nobody");
  EXPECT_EQ(with_header(d, "Basic dXNlcjpwYXNz"), "pass nobody");
  EXPECT_EQ(with_header(d, "Token abc"), "pass nobody");
}

TEST(JwtFilter, TheSchemeIsReadWithoutCaseAndNeverGuessed) {
  Door d;
  for (std::string_view scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer  "})
    EXPECT_EQ(with_header(d, std::string(scheme) + d.token()), "pass alice bearer") << scheme;
  EXPECT_THAT(with_header(d, d.token()), HasSubstr("token_invalid: an Authorization field without a scheme"));
  for (std::string_view value : {"Bearer", "Bearer a b", "Bearer a,b", "Bearer\tx y", "Bearer\xc2\xa0x y", "\tBearer x",
                                 "Bearer\xa0x y", "Bearer, x", "\"Bearer\" x"})
    EXPECT_THAT(with_header(d, value), HasSubstr("token_invalid")) << value;
  ExchangeFixture two;
  two.header("Authorization", "Bearer " + d.token()).header("authorization", "Bearer " + d.token());
  EXPECT_THAT(outcome(d, two), HasSubstr("more than one"));
  ExchangeFixture mixed;
  mixed.header("Authorization", "Basic dXNlcjpwYXNz").header("Authorization", "Bearer " + d.token());
  EXPECT_THAT(outcome(d, mixed), HasSubstr("more than one"));
}

TEST(JwtFilter, ABadTokenIsRefusedWithItsCodeAndChallenge) {
  Door d;
  EXPECT_THAT(with_header(d, "Bearer garbage"), HasSubstr("token_invalid"));
  EXPECT_THAT(with_header(d, "Bearer " + d.token(R"(,"aud":"x")")), HasSubstr("token_invalid")) << "duplicate aud";
  EXPECT_THAT(with_header(d, "Bearer " + d.token("", "alice", -31)), HasSubstr("token_expired"));
  ExchangeFixture f;
  f.header("Authorization", "Bearer " + d.token("", "alice", -31));
  auto refusal = std::get<gate::Refusal>(ExchangeFixture::settle(d.filter->request(f.x)));
  EXPECT_THAT(std::string(refusal.headers.www_authenticate), HasSubstr("invalid_token"));
  EXPECT_THAT(std::string(refusal.detail.view()), Not(HasSubstr("eyJ"))) << "no token in the record";
}

TEST(JwtFilter, ACookieIsNoCredentialUnlessTheRouteSaysSo) {
  Door d(Preset::custom, drops());
  ExchangeFixture f;
  f.header("Cookie", "theme=dark; __session=" + d.token() + "; __session_nx2hSE6I=abc; __Session=x; a=b");
  EXPECT_EQ(outcome(d, f), "pass nobody");
  EXPECT_EQ(f.request.fields.get("cookie"), "theme=dark; a=b");
  EXPECT_FALSE(f.x.cookie_credential);
  ExchangeFixture both;  // a browser that sends both still works
  both.header("Cookie", "__session=stale").header("Authorization", "Bearer " + d.token());
  EXPECT_EQ(outcome(d, both), "pass alice bearer");
  EXPECT_FALSE(both.request.fields.has("cookie"));
}

TEST(JwtFilter, AnAcceptedCookieActsAndSaysSo) {
  Door d(Preset::custom, accepts({"__session"}));
  ExchangeFixture f;
  f.header("Cookie", "a=b; __session=" + d.token());
  EXPECT_EQ(outcome(d, f), "pass alice cookie");
  EXPECT_TRUE(f.x.cookie_credential);
  EXPECT_THAT(with_cookie(d, "__session=garbage"), HasSubstr("token_invalid"));
  EXPECT_EQ(with_cookie(d, "a=b"), "pass nobody");
}

TEST(JwtFilter, AnExpiredCookieIsRemovedAndNobodyIsThere) {
  Door d(Preset::custom, accepts({"__session"}));
  ExchangeFixture f;
  f.header("Cookie", "a=b; __session=" + d.token("", "alice", -100));
  EXPECT_EQ(outcome(d, f), "pass nobody");
  EXPECT_EQ(f.request.fields.get("cookie"), "a=b");
  EXPECT_FALSE(f.x.cookie_credential);
}

TEST(JwtFilter, TwoCookiesOfOneNameAreRefusedInEverySpelling) {
  Door d(Preset::custom, accepts({"__session"}));
  const std::string t = d.token();
  for (const std::string& cookies :
       {"__session=" + t + "; __session=" + d.token("", "mallory"), "__session=" + t + "; __Session=" + t,
        "%5F_session=" + t + "; __session=" + t, "__session=" + t + "; a=b, __session=x"})
    EXPECT_THAT(with_cookie(d, cookies), HasSubstr("more than once")) << cookies;
}

TEST(JwtFilter, HeaderAndCookieMustNameTheSameSubject) {
  Door d(Preset::custom, accepts({"__session"}));
  ExchangeFixture differ;
  differ.header("Authorization", "Bearer " + d.token()).header("Cookie", "__session=" + d.token("", "mallory"));
  EXPECT_THAT(outcome(d, differ), HasSubstr("different subjects"));
  ExchangeFixture same;
  same.header("Authorization", "Bearer " + d.token()).header("Cookie", "__session=" + d.token(R"(,"x":1)"));
  EXPECT_EQ(outcome(d, same), "pass alice bearer");
  EXPECT_FALSE(same.x.cookie_credential) << "the header acts, which no other page can send";
  EXPECT_TRUE(same.request.fields.has("cookie"));
  ExchangeFixture stale;
  stale.header("Authorization", "Bearer " + d.token()).header("Cookie", "__session=" + d.token("", "mallory", -100));
  EXPECT_EQ(outcome(d, stale), "pass alice bearer");
  EXPECT_FALSE(stale.request.fields.has("cookie")) << "what is not believed here goes no further";
}

TEST(JwtFilter, OfClerksTwoCookiesTheNewerGoodOneActs) {
  Door d(Preset::clerk, accepts({"__session", "__session_nx2hSE6I"}));
  const std::string older = d.token(R"(,"iat":1699999900)", "old"), newer = d.token(R"(,"iat":1699999950)", "new");
  for (const auto& [plain, suffixed] : {std::pair{older, newer}, std::pair{newer, older}}) {
    ExchangeFixture f;
    f.header("Cookie", "__session=" + plain + "; __session_nx2hSE6I=" + suffixed);
    EXPECT_EQ(outcome(d, f), "pass new cookie");
    EXPECT_THAT(std::string(f.request.fields.get("cookie").value_or("")), Not(HasSubstr(older)));
  }
  ExchangeFixture foreign;  // another instance's plain cookie beside ours
  foreign.header("Cookie", "__session=" + d.token(R"(,"x":1)").substr(0, 60) + "bent.x; __session_nx2hSE6I=" + newer);
  EXPECT_EQ(outcome(d, foreign), "pass new cookie");
  ExchangeFixture out;
  out.header("Cookie", "__session=" + newer + "; __client_uat=0");
  EXPECT_EQ(outcome(d, out), "pass nobody");
}

TEST(JwtFilter, ClerksOtherTokensAreNoSessions) {
  Door d(Preset::clerk);
  const auto with = [&](std::string_view header_more, std::string_view claims_more,
                        std::string_view subject = "user_1") {
    const std::string input =
        text::base64url(R"({"alg":"EdDSA","kid":"k1")" + std::string(header_more) + "}") + "." +
        text::base64url(R"({"iss":"https://issuer.example","azp":"https://app.example","sub":")" +
                        std::string(subject) + R"(","exp":1700000060)" + std::string(claims_more) + "}");
    return "Bearer " + input + "." + text::base64url(d.key.sign(Algorithm::eddsa, input).value());
  };
  EXPECT_EQ(with_header(d, with("", "")), "pass user_1 bearer");
  EXPECT_EQ(with_header(d, with(R"(,"cat":"cl_B7d4PD111AAA")", R"(,"sts":"active","o":{"id":"org_1","rol":"admin"})")),
            "pass user_1 bearer");
  EXPECT_EQ(with_header(d, with(R"(,"cat":"cl_I7d4PD111III")", "")), "pass user_1 bearer");
  EXPECT_THAT(with_header(d, with(R"(,"cat":"cl_B7d4PD333AAA")", "")), HasSubstr("cat"));
  EXPECT_THAT(with_header(d, with(R"(,"cat":7)", "")), HasSubstr("cat"));
  EXPECT_THAT(with_header(d, with(R"(,"typ":"at+jwt")", "")), HasSubstr("typ"));
  EXPECT_THAT(with_header(d, with("", "", "mch_2abc")), HasSubstr("machine"));
  EXPECT_THAT(with_header(d, with("", R"(,"sts":"unheard")")), HasSubstr("sts"));
  ExchangeFixture pending;
  pending.header("Authorization", with("", R"(,"sts":"pending")"));
  EXPECT_EQ(outcome(d, pending), "pass nobody");
  EXPECT_FALSE(pending.request.fields.has("authorization")) << "the backend must not see a signed-in user either";
}

TEST(JwtFilter, ClerkTokensWithoutAnAuthorizedPartyAreRefused) {
  Door d(Preset::clerk);
  const auto token = [&](std::string_view azp) {
    return "Bearer " +
           crypto::sign_jws(d.key, Algorithm::eddsa, "k1", "JWT",
                            R"({"iss":"https://issuer.example","sub":"u","exp":1700000060)" + std::string(azp) + "}")
               .value();
  };
  EXPECT_THAT(with_header(d, token("")), HasSubstr("azp"));
  EXPECT_THAT(with_header(d, token(R"(,"azp":"https://evil.example")")), HasSubstr("authorized party"));
  EXPECT_EQ(with_header(d, token(R"(,"azp":"https://app.example")")), "pass u bearer");
}

TEST(JwtFilter, SupabasePublicKeysAreNobodyAndSecretKeysAreRefused) {
  Door d(Preset::supabase);
  EXPECT_EQ(with_header(d, "Bearer sb_publishable_abc"), "pass nobody");
  EXPECT_THAT(with_header(d, "Bearer sb_secret_abc"), HasSubstr("secret key"));
  ExchangeFixture f;
  f.header("apikey", "sb_secret_abc").header("Authorization", "Bearer " + d.token());
  EXPECT_THAT(outcome(d, f), HasSubstr("secret key"));
  EXPECT_EQ(with_header(d, "Bearer " + d.token(R"(,"role":"authenticated")")), "pass alice bearer");
  EXPECT_THAT(with_header(d, "Bearer " + d.token(R"(,"role":"service_role")")), HasSubstr("role"));
}

TEST(JwtFilter, AHitReChecksTimeKeysAndRevocation) {
  Door d;
  const std::string header = "Bearer " + d.token(R"(,"sid":"s1","nbf":1699999999)");
  const auto at = [&](std::int64_t now) {
    ExchangeFixture f;
    f.x.unix_now = now;
    f.header("Authorization", header);
    return outcome(d, f);
  };
  EXPECT_EQ(at(kNow), "pass alice bearer");
  EXPECT_EQ(d.cache->size(), 1u);
  EXPECT_EQ(at(kNow + 89), "pass alice bearer");
  EXPECT_THAT(at(kNow + 90), HasSubstr("token_expired"));
  EXPECT_THAT(at(kNow - 1000), HasSubstr("not valid yet"));
  EXPECT_EQ(at(kNow), "pass alice bearer");

  ASSERT_TRUE(d.revocations.add({gate::Revocation::Kind::session, "s1", 0, 0, 0, ""}));
  EXPECT_THAT(at(kNow), HasSubstr("revoked"));
  ASSERT_TRUE(d.revocations.lift(gate::Revocation::Kind::session, "s1"));
  EXPECT_EQ(at(kNow), "pass alice bearer");

  d.source->now = keys_of(SigningKey::generate(KeyKind::ed25519).value(), "k1");
  EXPECT_THAT(at(kNow), HasSubstr("does not verify")) << "the key was replaced: the cached yes is worth nothing";
  d.source->now = nullptr;
  EXPECT_THAT(at(kNow), HasSubstr("identity_unavailable"));
}

TEST(JwtFilter, ATokenSeenBeforeAllocatesNothing) {
  Door d(Preset::custom, drops());
  const std::string header = "Bearer " + d.token(R"(,"sid":"s1","roles":["admin"])");
  ExchangeFixture f;
  std::size_t before = 0;
  for (int i = 0; i < 10100; ++i) {
    if (i == 100) before = testing::heap_allocations();
    f.arena.reset();
    f.request.fields.reset();
    f.x.identity = {};
    f.request.fields.add(std::string_view("Authorization"), header);
    f.request.fields.add(std::string_view("Cookie"), "theme=dark; a=b");
    ASSERT_TRUE(ExchangeFixture::passes(d.filter->request(f.x)));
    ASSERT_TRUE(f.x.identity.known());
  }
  EXPECT_EQ(testing::heap_allocations() - before, 0u);
}

TEST(JwtFilter, OneVerifiersYesIsNotAnothers) {
  Door a;
  crypto::JwtRules rules;
  rules.issuers = {"https://issuer.example"};
  rules.audiences = {"billing"};
  rules.subject_required = true;
  const JwtFilter other(
      Preset::custom,
      std::make_unique<const Verifier>(Preset::custom, rules, ClaimNames{}, "test", a.source, a.cache, nullptr),
      std::nullopt, {});
  const std::string header = "Bearer " + a.token();
  EXPECT_EQ(with_header(a, header), "pass alice bearer");
  ExchangeFixture f;
  f.header("Authorization", header);
  EXPECT_EQ(ExchangeFixture::refusal(other.request(f.x)), Code::token_invalid);
}

TEST(JwtFilter, WithoutKeysTheDoorIsClosedAndSaysWhenToComeBack) {
  Door d;
  d.source->now = nullptr;
  ExchangeFixture f;
  f.header("Authorization", "Bearer " + d.token());
  auto refusal = std::get<gate::Refusal>(ExchangeFixture::settle(d.filter->request(f.x)));
  EXPECT_EQ(refusal.code, Code::identity_unavailable);
  EXPECT_GT(refusal.headers.retry_after, 0);
  EXPECT_THAT(with_header(d, "Bearer garbage"), HasSubstr("token_invalid")) << "no key could save it";
  ExchangeFixture open;
  EXPECT_EQ(outcome(d, open), "pass nobody") << "who needs no identity is served";
}

// Runs one request on a real reactor, so that the filter may wait.
gate::Verdict on_reactor(const Door& d, std::string_view authorization, std::string& subject) {
  SystemClock clock;
  CountingEntropy entropy;
  net::Reactor reactor(clock);
  gate::testing::NoWorker none;
  gate::Worker worker{reactor, reinterpret_cast<net::WorkerPool&>(none.pool), clock, entropy};
  Arena arena;
  http::Request request(arena);
  request.fields.add(std::string_view("authorization"), authorization);
  gate::Exchange x(request, arena, worker);
  x.unix_now = kNow;
  gate::Verdict verdict;
  struct Run {
    static Task<void> go(const JwtFilter& filter, gate::Exchange& ex, net::Reactor& loop, gate::Verdict& out) {
      gate::Outcome outcome = filter.request(ex);
      if (outcome.ready()) {
        out = outcome.take();
      } else {
        Task<gate::Verdict> task = std::move(outcome.task());
        out = co_await task;
      }
      loop.stop();
    }
  };
  reactor.spawn(Run::go(*d.filter, x, reactor, verdict));
  reactor.run();
  subject = x.identity.subject();
  return verdict;
}

TEST(JwtFilter, AnUnknownKidWaitsForTheIssuersNewKeys) {
  Door d;
  const SigningKey rotated = SigningKey::generate(KeyKind::ed25519).value();
  d.source->answers = true;
  d.source->next = keys_of(rotated, "k2");
  const std::string token =
      crypto::sign_jws(rotated, Algorithm::eddsa, "k2", "JWT",
                       R"({"iss":"https://issuer.example","aud":"api","sub":"alice","exp":1700000060})")
          .value();
  std::string subject;
  const gate::Verdict verdict = on_reactor(d, "Bearer " + token, subject);
  EXPECT_TRUE(std::holds_alternative<gate::Pass>(verdict));
  EXPECT_EQ(subject, "alice");
  EXPECT_EQ(d.source->asked, 1);
}

TEST(JwtFilter, AnUnknownKidThatStaysUnknownIsRefusedAfterOneQuestion) {
  Door d;
  d.source->answers = true;
  const SigningKey stranger = SigningKey::generate(KeyKind::ed25519).value();
  std::string subject;
  const gate::Verdict verdict = on_reactor(
      d, "Bearer " + crypto::sign_jws(stranger, Algorithm::eddsa, "k9", "JWT", R"({"sub":"a"})").value(), subject);
  ASSERT_TRUE(std::holds_alternative<gate::Refusal>(verdict));
  EXPECT_EQ(std::get<gate::Refusal>(verdict).code, Code::token_invalid);
  EXPECT_EQ(d.source->asked, 1);
  Door forged;
  forged.source->answers = true;
  EXPECT_THAT(
      with_header(forged,
                  "Bearer " + crypto::sign_jws(stranger, Algorithm::eddsa, "k1", "JWT", R"({"sub":"a"})").value()),
      HasSubstr("does not verify"));
  EXPECT_EQ(forged.source->asked, 0) << "a bad signature is no reason to ask";
}

Sip128 hash_of(std::string_view token) { return siphash128(SipKey{2}, token); }

TEST(VerifiedCache, HoldsWhatFitsAndMakesRoomByExpiry) {
  VerifiedCache cache(SipKey{1}, 256);
  auto principal = std::make_shared<gate::Principal>();
  for (int i = 0; i < 5000; ++i) cache.put(hash_of(std::to_string(i)), Verified{principal, 1000 + i, 0, 1});
  EXPECT_LE(cache.size(), 256u);
  EXPECT_GT(cache.size(), 200u);
  Verified out;
  EXPECT_TRUE(cache.find(hash_of("4999"), out));
  EXPECT_EQ(out.expires, 1000 + 4999);
  EXPECT_FALSE(cache.find(hash_of("never put"), out));
  cache.put(hash_of("4999"), Verified{principal, 1, 0, 2});
  EXPECT_TRUE(cache.find(hash_of("4999"), out));
  EXPECT_EQ(out.generation, 2u);
}

TEST(VerifiedCache, MakesRoomByAgeWhereAllExpireTogether) {
  VerifiedCache cache(SipKey{1}, 256);
  auto principal = std::make_shared<gate::Principal>();
  Verified out;
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 2000; ++i) {
      const auto key = hash_of(std::to_string(i));
      EXPECT_FALSE(cache.find(key, out)) << "more came since than fit into its set: " << i;
      cache.put(key, Verified{principal, 1000, 0, 1});
      EXPECT_TRUE(cache.find(key, out));
    }
}

TEST(VerifiedCache, HashesTheTokensOfEachVerifierAndProcessWithAKeyOfTheirOwn) {
  const VerifiedCache cache(SipKey{1}), other(SipKey{2});
  EXPECT_EQ(cache.key_of("a"), cache.key_of("a"));
  EXPECT_NE(cache.key_of("a"), cache.key_of("b"));
  EXPECT_NE(cache.key_of("a"), other.key_of("a"));
}

class JwtControlTest : public ::testing::Test {
 protected:
  struct Collect final : Builder {
    void add(gate::Step step, std::unique_ptr<gate::Filter> f) override {
      EXPECT_EQ(step, gate::Step::identify);
      filters.push_back(std::move(f));
    }
    void add_seal(gate::Step, std::unique_ptr<gate::Filter>) override { FAIL(); }
    std::vector<std::unique_ptr<gate::Filter>> filters;
  };
  // The filters that a table makes on one route.
  std::vector<std::unique_ptr<gate::Filter>> build(std::string_view toml, gate::Mode mode = gate::Mode::production) {
    testing::Reading reading{control_->settings(), {}};
    if (!toml.empty()) reading = testing::read_settings(*control_, toml);
    EXPECT_EQ(reading.keys(), "") << toml;
    reading.settings->written = !toml.empty();
    config_.mode = mode;
    config_.state_dir = folder_.path();
    alignas(std::max_align_t) static std::byte no_fast[64];
    Site site{config_,
              clock_,
              entropy_,
              reinterpret_cast<Fast&>(no_fast),
              [](const conf::SecretRef&) -> Result<std::string> { return std::string(32, 's'); },
              {},
              {},
              nullptr};
    gate::RouteConfig route;
    route.path = "/api/";
    const RouteScope scope{route, [](std::string_view) { return nullptr; }};
    Collect collect;
    control_->build(*reading.settings, site, scope, collect);
    return std::move(collect.filters);
  }
  std::string faults(std::string_view toml) { return testing::read_settings(*control_, toml).keys(); }
  Code judge(const gate::Filter& filter, std::string_view token, std::string* subject = nullptr) {
    ExchangeFixture f;
    f.header("Authorization", "Bearer " + std::string(token));
    const Code code = ExchangeFixture::refusal(filter.request(f.x));
    if (subject != nullptr) *subject = f.x.identity.subject();
    return code;
  }

  std::unique_ptr<const Control> control_ = make();
  gate::GateConfig config_;
  ManualClock clock_;
  CountingEntropy entropy_;
  const TemporaryFolder folder_;
};

TEST_F(JwtControlTest, SoundConfigurationsHaveNoFindings) {
  for (std::string_view toml :
       {"preset = \"clerk\"\nissuer = \"https://clerk.example.com\"\nauthorized_parties = "
        "[\"https://shop.example.com\"]",
        "preset = \"clerk\"\npublishable_key = \"pk_live_Y2xlcmsuZXhhbXBsZS5jb20k\"\nauthorized_parties = "
        "\"https://a.example\"",
        "preset = \"supabase\"\nproject_url = \"https://ref.supabase.co\"",
        "preset = \"auth0\"\ndomain = \"t.eu.auth0.com\"\naudience = \"api\"",
        "issuer = \"https://i.example\"\naudience = \"api\"\njwks = \"https://i.example/jwks.json\"",
        "issuer = \"https://i.example\"\naudience = \"api\"\njwks = \"http://127.0.0.1:4000/jwks.json\"",
        "issuer = \"i\"\naudience = \"api\"\nsecret = { env = \"JWT_SECRET\" }\nalgorithms = [\"HS512\"]"})
    EXPECT_EQ(faults(toml), "") << toml;
}

TEST_F(JwtControlTest, UnsafeOnesAreRefusedAtTheKeyThatMendsThem) {
  const std::string good = "issuer = \"https://i.example\"\naudience = \"api\"\n";
  EXPECT_THAT(faults("preset = \"clerk\"\nissuer = \"https://clerk.example.com\""), HasSubstr("authorized_parties"));
  EXPECT_THAT(faults("preset = \"clerk\"\nauthorized_parties = [\"https://a.example\"]"), HasSubstr("preset"));
  EXPECT_THAT(faults("preset = \"clerk\"\npublishable_key = \"sk_live_x\"\nauthorized_parties = \"https://a.example\""),
              HasSubstr("publishable_key"));
  EXPECT_THAT(faults("preset = \"auth0\"\ndomain = \"t.auth0.com\""), HasSubstr("audience"));
  EXPECT_THAT(faults("preset = \"auth0\"\ndomain = \"https://t.auth0.com/\"\naudience = \"a\""), HasSubstr("domain"));
  EXPECT_THAT(faults("preset = \"supabase\""), HasSubstr("preset"));
  EXPECT_THAT(faults("issuer = \"https://i.example\"\njwks = \"https://i.example/j\""), HasSubstr("audience"));
  EXPECT_THAT(faults("audience = \"api\"\njwks = \"https://i.example/j\""), HasSubstr("issuer"));
  EXPECT_THAT(faults(good), HasSubstr("jwks"));
  EXPECT_THAT(faults(good + "jwks = \"http://i.example/j\""), HasSubstr("jwks"));
  EXPECT_THAT(faults(good + "jwks = \"http://127.0.0.1.evil.example/j\""), HasSubstr("jwks"));
  EXPECT_THAT(faults(good + "jwks = \"https://user:password@i.example/j\""), HasSubstr("jwks"));
  EXPECT_THAT(faults(good + "jwks = \"ftp://i.example/j\""), HasSubstr("jwks"));
  EXPECT_THAT(faults(good + "jwks = \"https://i.example/j\"\nsecret = { env = \"S\" }"), HasSubstr("jwks"));
  EXPECT_THAT(faults(good + "jwks = \"https://i.example/j\"\nalgorithms = [\"none\"]"), HasSubstr("algorithms"));
  EXPECT_THAT(faults(good + "jwks = \"https://i.example/j\"\nalgorithms = [\"HS256\"]"), HasSubstr("algorithms"));
  EXPECT_THAT(faults(good + "secret = { env = \"S\" }\nalgorithms = [\"RS256\"]"), HasSubstr("algorithms"));
  EXPECT_THAT(faults(good + "jwks = \"https://i.example/j\"\nskew = \"5m\""), HasSubstr("skew"));
  EXPECT_THAT(faults("issuer = \"https://dev.gatehouse.invalid\"\naudience = \"a\"\njwks = \"x\""),
              HasSubstr("issuer"));
}

TEST_F(JwtControlTest, PresetsKnowTheirIssuers) {
  JwtSettings s;
  s.preset = Preset::clerk;
  s.publishable_key = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
  s.cookie = "__session";
  Resolved r = resolve(s);
  EXPECT_THAT(r.rules.issuers, ::testing::ElementsAre("https://clerk.example.com"));
  EXPECT_EQ(r.jwks_url, "https://clerk.example.com/.well-known/jwks.json");
  EXPECT_THAT(r.cookies, ::testing::ElementsAre("__session", "__session_naoXFJnI"));
  EXPECT_THAT(r.clock_cookies, ::testing::ElementsAre("__client_uat", "__client_uat_naoXFJnI"));
  EXPECT_EQ(r.rules.algorithms.text(), "RS256 RS384 RS512");
  s.publishable_key = "";
  s.issuer = {"https://clerk.example.com"};
  EXPECT_THAT(resolve(s).cookies, ::testing::Contains("__session_naoXFJnI")) << "the key follows from the address";
  EXPECT_EQ(clerk_suffix("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"), "nx2hSE6I");
  for (std::string_view bad :
       {"pk_live_", "pk_live_Y2xlcms", "pk_live_Y2xlcmsuZXhhbXBsZS5jb20kJA", "sk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
        "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k_x", "pk_live_YUAvYi5jJA"})
    EXPECT_FALSE(clerk_host(bad)) << bad;

  s = {};
  s.preset = Preset::supabase;
  s.project_url = "https://ref.supabase.co";
  r = resolve(s);
  EXPECT_THAT(r.rules.issuers, ::testing::ElementsAre("https://ref.supabase.co/auth/v1"));
  EXPECT_EQ(r.jwks_url, "https://ref.supabase.co/auth/v1/.well-known/jwks.json");
  EXPECT_THAT(r.rules.audiences, ::testing::ElementsAre("authenticated"));

  s = {};
  s.preset = Preset::auth0;
  s.domain = "t.eu.auth0.com";
  s.audience = {"api"};
  r = resolve(s);
  EXPECT_THAT(r.rules.issuers, ::testing::ElementsAre("https://t.eu.auth0.com/"));
  EXPECT_EQ(r.jwks_url, "https://t.eu.auth0.com/.well-known/jwks.json");
}

TEST_F(JwtControlTest, KeysComeFromAFileAPemOrASecret) {
  const SigningKey key = SigningKey::generate(KeyKind::p256).value();
  std::ofstream(folder_.at("jwks.json")) << "{\"keys\":["
                                         << json::write(crypto::publish(key.public_key(), "k1", Algorithm::es256))
                                         << "]}";
  std::ofstream(folder_.at("key.pem")) << key.public_key().to_pem();
  const std::string claims = R"({"iss":"i","aud":"api","sub":"alice","exp":1700000060})";
  const std::string token = crypto::sign_jws(key, Algorithm::es256, "k1", "JWT", claims).value();
  const std::string base = "issuer = \"i\"\naudience = \"api\"\n";
  for (const std::string& keys :
       {"jwks = \"" + folder_.at("jwks.json") + "\"", "jwks = \"" + folder_.at("key.pem") + "\""}) {
    auto filters = build(base + keys);
    ASSERT_EQ(filters.size(), 1u);
    std::string subject;
    EXPECT_EQ(judge(*filters[0], token, &subject), Code::none) << keys;
    EXPECT_EQ(subject, "alice");
  }
  auto shared = build(base + "secret = { env = \"S\" }");
  ASSERT_EQ(shared.size(), 1u);
  const std::string input = text::base64url(R"({"alg":"HS256"})") + "." + text::base64url(claims);
  EXPECT_EQ(judge(*shared[0], input + "." + text::base64url(crypto::hmac_sha256(std::string(32, 's'), input).view())),
            Code::none);
  EXPECT_EQ(judge(*shared[0], token), Code::token_invalid);
  auto missing = build(base + "jwks = \"" + folder_.at("not-there.json") + "\"");
  ExchangeFixture told;
  told.header("Authorization", "Bearer " + token);
  auto refusal = std::get<gate::Refusal>(ExchangeFixture::settle(missing[0]->request(told.x)));
  EXPECT_THAT(std::string(refusal.detail.view()), HasSubstr("bad_key_set")) << "the record says why";
  EXPECT_EQ(judge(*missing[0], token), Code::identity_unavailable) << "a key file that cannot be read closes the door";
}

TEST_F(JwtControlTest, DevelopmentTokensAreBelievedInDevelopmentOnly) {
  const SigningKey key = crypto::read_or_make_key_file(crypto::dev_key_path(folder_.path()), KeyKind::ed25519).value();
  const std::string token =
      crypto::sign_jws(
          key, Algorithm::eddsa, key.public_key().thumbprint(), "JWT",
          R"({"iss":"https://dev.gatehouse.invalid","aud":["gatehouse-dev"],"sub":"dev","exp":1700000060})")
          .value();
  const std::string clerk =
      "preset = \"clerk\"\nissuer = \"https://clerk.example.com\"\nauthorized_parties = [\"https://a.example\"]";
  auto development = build(clerk, gate::Mode::development);
  ASSERT_EQ(development.size(), 1u);
  std::string subject;
  EXPECT_EQ(judge(*development[0], token, &subject), Code::none);
  EXPECT_EQ(subject, "dev");

  const std::string base = "issuer = \"i\"\naudience = \"api\"\njwks = \"" + folder_.at("dev.pem") + "\"";
  std::ofstream(folder_.at("dev.pem")) << key.public_key().to_pem();
  auto production = build(base, gate::Mode::production);
  EXPECT_EQ(judge(*production[0], token), Code::token_invalid) << "not even with the same key";
  EXPECT_TRUE(build("", gate::Mode::production).empty());

  auto bare = build("", gate::Mode::development);  // no [jwt]: other tokens are the backend's affair
  ASSERT_EQ(bare.size(), 1u);
  EXPECT_EQ(judge(*bare[0], token, &subject), Code::none);
  EXPECT_EQ(subject, "dev");
  EXPECT_EQ(judge(*bare[0], "opaque-token-of-the-backend", &subject), Code::none);
  EXPECT_EQ(subject, "");
}

TEST_F(JwtControlTest, ReportsWhatWeakens) {
  const auto ids = [&](std::string_view toml) {
    auto reading = testing::read_settings(*control_, toml);
    reading.settings->written = true;
    std::vector<proof::Finding> out;
    gate::RouteConfig route;
    route.path = "/api/";
    control_->check(*reading.settings, config_, route, out);
    std::string all;
    for (const auto& f : out) all += f.id + " ";
    return all;
  };
  const std::string base = "issuer = \"i\"\naudience = \"api\"\n";
  EXPECT_EQ(ids(base + "jwks = \"https://i.example/j\""), "");
  EXPECT_THAT(ids(base + "jwks = \"https://i.example/j\"\nrequire_expiry = false"), HasSubstr("GH-JWT-EXPIRY"));
  EXPECT_THAT(ids(base + "jwks = \"https://i.example/j\"\nazp_absent = \"allow\""), HasSubstr("GH-JWT-AZP"));
  EXPECT_THAT(ids(base + "jwks = \"http://localhost:1/j\""), HasSubstr("GH-JWT-KEYS"));
  EXPECT_THAT(ids(base + "secret = { env = \"S\" }"), HasSubstr("GH-JWT-SHARED"));
}

TEST(JwtProbe, TellsASiteThatVerifiesFromOneThatDoesNot) {
  const auto run = [](const std::function<int(const std::string&)>& status) {
    proof::FakeTarget target([&](const proof::Sent& s) -> Result<proof::Seen> {
      proof::Seen seen;
      seen.status = status(proof::sent_header(s, "Authorization"));
      return seen;
    });
    target.path("protected", "/api/me");
    return probe_list()[0].run(target);
  };
  EXPECT_EQ(run([](const std::string&) { return 401; }).holds, proof::Holds::yes);
  EXPECT_EQ(run([](const std::string& a) { return a.empty() ? 401 : 200; }).holds, proof::Holds::no);
  EXPECT_EQ(run([](const std::string& a) { return a.find("eyJhbGciOiJub25lI") != a.npos ? 200 : 401; }).holds,
            proof::Holds::no);
  EXPECT_EQ(run([](const std::string& a) { return a.empty() ? 401 : 500; }).holds, proof::Holds::no);
  EXPECT_EQ(run([](const std::string&) { return 200; }).holds, proof::Holds::unknown);
  for (int cannot_say : {429, 502, 503, 504}) {
    const auto seen = run([=](const std::string& a) { return a.empty() ? 401 : cannot_say; });
    EXPECT_EQ(seen.holds, proof::Holds::unknown) << cannot_say;
    EXPECT_EQ(run([=](const std::string& a) {
                return a.empty() ? 401 : a.find("eyJhbGciOiJub25lI") != a.npos ? 200 : cannot_say;
              }).holds,
              proof::Holds::no)
        << "one that is let in shows it, whatever the others met";
  }
}

}  // namespace
}  // namespace gatehouse::controls::jwt
