// Nanoseconds to know who is there (a token seen before, a new one) and to tell the backend. Best of 20 batches.
//   identity_bench
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "controls/identity_out/filter.h"
#include "controls/jwt/filter.h"
#include "gate/testing/exchange_fixture.h"

using namespace gatehouse;
using gate::testing::ExchangeFixture;

namespace {

template <class F>
void measure(const char* what, int rounds, F&& once) {
  double best = std::numeric_limits<double>::max();
  for (int batch = 0; batch < 20; ++batch) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) once();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / rounds);
  }
  std::printf("%-52s %9.1f ns\n", what, best);
}

std::unique_ptr<const controls::jwt::Verifier> verifier(std::shared_ptr<controls::jwt::KeySource> source,
                                                        std::size_t entries) {
  crypto::JwtRules rules;
  rules.issuers = {"https://issuer.example"};
  rules.audiences = {"api"};
  rules.subject_required = true;
  return std::make_unique<const controls::jwt::Verifier>(
      controls::jwt::Preset::custom, rules, controls::jwt::ClaimNames{{"roles"}, {"sid"}}, "bench", std::move(source),
      std::make_shared<controls::jwt::VerifiedCache>(SipKey{1}, entries), nullptr);
}

}  // namespace

int main() {
  std::string folder = std::filesystem::temp_directory_path() / "identity_bench_XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 1;
  ManualClock clock;
  auto keys = std::make_shared<controls::identity_out::AssertionKeys>(folder + "/keys", std::chrono::hours(720), clock);
  if (!keys->open()) return 1;

  for (auto [kind, algorithm] : {std::pair{crypto::KeyKind::rsa, crypto::Algorithm::rs256},
                                 std::pair{crypto::KeyKind::p256, crypto::Algorithm::es256},
                                 std::pair{crypto::KeyKind::ed25519, crypto::Algorithm::eddsa}}) {
    const crypto::SigningKey key = crypto::SigningKey::generate(kind).value();
    const std::string text = json::write(crypto::publish(key.public_key(), "k1", algorithm));
    const auto source = std::make_shared<controls::jwt::FixedKeys>(
        controls::jwt::keep_keys(crypto::KeySet::parse(text, crypto::KeyTrust::remote).value(), text));
    const std::string token =
        crypto::sign_jws(key, algorithm, "k1", "JWT",
                         R"({"iss":"https://issuer.example","aud":"api","sub":"user_2abcdefghijklmnopqrstuvwxyz",)"
                         R"("sid":"sess_2abcdefghijklmnop","roles":["admin"],"iat":1700000000,"exp":1700000600})")
            .value();
    const std::string header = "Bearer " + token;
    const controls::jwt::JwtFilter filter(controls::jwt::Preset::custom, verifier(source, 8192), std::nullopt, {});
    ExchangeFixture f;
    const auto request = [&] {
      f.arena.reset();
      f.request.fields.reset();
      f.request.fields.add(std::string_view("Host"), "app.example.com");
      f.request.fields.add(std::string_view("Authorization"), header);
      f.x.identity = {};
      (void)ExchangeFixture::passes(filter.request(f.x));
    };
    request();
    if (!f.x.identity.known()) return 1;
    std::printf("%s, a token of %zu bytes\n", std::string(crypto::name(algorithm)).c_str(), token.size());
    measure("  seen before", 100000, request);
    crypto::JwtRules rules;
    measure("  new: parse, verify, judge", 200, [&] {
      const auto jwt = crypto::verify_jwt(token, source->keys()->set, rules, 1700000000);
      if (!jwt) std::abort();
    });
    if (kind == crypto::KeyKind::rsa) {
      // More tokens than the small cache holds, of a hundred people: through both filters, as in the gate.
      std::vector<std::string> headers;
      for (int i = 0; i < 2000; ++i)
        headers.push_back("Bearer " +
                          crypto::sign_jws(key, algorithm, "k1", "JWT",
                                           R"({"iss":"https://issuer.example","aud":"api","sub":"user_)" +
                                               std::to_string(i % 100) + R"(","roles":["user"],"jti":"t)" +
                                               std::to_string(i) + R"(","iat":1700000000,"exp":1700000600})")
                              .value());
      const controls::jwt::JwtFilter small(controls::jwt::Preset::custom, verifier(source, 256), std::nullopt, {});
      controls::identity_out::Rules out;
      out.issuer = "https://app.example.com", out.audience = "app";
      const controls::identity_out::IdentityOutFilter tell(out, keys,
                                                           std::make_shared<controls::identity_out::SentCache>());
      std::size_t next = 0;
      const auto through = [&](bool told) {
        f.arena.reset();
        f.request.fields.reset();
        f.request.fields.add(std::string_view("Host"), "app.example.com");
        f.request.fields.add(std::string_view("Authorization"), headers[next++ % headers.size()]);
        f.x.identity = {};
        (void)ExchangeFixture::passes(small.request(f.x));
        if (told) (void)ExchangeFixture::passes(tell.request(f.x));
      };
      for (std::size_t i = 0; i < headers.size(); ++i) through(true);
      measure("  new: through the filter", 2000, [&] { through(false); });
      measure("  new: through the filter and on to the backend", 2000, [&] { through(true); });
    }
    if (kind != crypto::KeyKind::ed25519) continue;
    controls::identity_out::Rules out;
    out.issuer = "https://app.example.com", out.audience = "app";
    const controls::identity_out::IdentityOutFilter tell(out, keys,
                                                         std::make_shared<controls::identity_out::SentCache>());
    const gate::Identity identity = f.x.identity;
    const auto send = [&] {
      f.arena.reset();
      f.request.fields.reset();
      f.request.fields.add(std::string_view("Host"), "app.example.com");
      f.x.identity = identity;
      (void)ExchangeFixture::passes(tell.request(f.x));
    };
    send();
    measure("identity sent upstream, assertion made before", 100000, send);
    measure("identity sent upstream, assertion made anew", 200, [&] {
      f.x.unix_now += 60;
      send();
    });
  }
  std::filesystem::remove_all(folder);
}
