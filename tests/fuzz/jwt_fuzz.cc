// Tokens and key sets from strangers. What is accepted must have exactly one spelling.
#include <cstdlib>
#include <string_view>

#include "base/crypto/digest.h"
#include "base/crypto/jwt.h"
#include "base/text.h"

using namespace gatehouse;

namespace {

constexpr std::string_view kSecret = "a-string-secret-at-least-256-bits-long";
constexpr std::string_view kPublicKeys = R"({"keys":[
  {"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
   "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
  {"kty":"OKP","kid":"o","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

void demand(bool holds) {
  if (!holds) std::abort();
}

// A token that was read spells its three parts in the only canonical way.
void judge(std::string_view token, const crypto::KeySet& keys) {
  crypto::JwtRules rules;
  rules.expiry_required = false;
  const auto jwt = crypto::verify_jwt(token, keys, rules, 1700000000);
  const auto jws = crypto::parse_jws(token);
  if (!jws) {
    demand(!jwt);
    return;
  }
  demand(token.size() <= crypto::kMaxTokenBytes);
  demand(token.substr(jws->signing_input.size() + 1) == text::base64url(jws->signature));
  const auto dot = jws->signing_input.find('.');
  demand(jws->signing_input.substr(dot + 1) == text::base64url(jws->payload));
  for (const char* extension : {"crit", "b64", "zip", "enc"}) demand(jws->header.members.find(extension) == nullptr);
  if (!jwt) return;
  demand(jwt->claims.is_object());
  demand(jwt->expires >= 0 && jwt->expires <= 253402300799);
  demand(jwt->not_before <= 1700000030 && jwt->issued_at <= 1700000030);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const crypto::KeySet secret = crypto::KeySet::from_secret(Secret(kSecret)).value();
  static const crypto::KeySet publics = crypto::KeySet::parse(kPublicKeys, crypto::KeyTrust::remote).value();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  judge(input, secret);
  judge(input, publics);
  // As header and payload, signed by us: the claims are reached whatever the bytes are.
  const auto line = input.find('\n');
  const std::string_view header = line == input.npos ? std::string_view(R"({"alg":"HS256"})") : input.substr(0, line);
  const std::string_view payload = line == input.npos ? input : input.substr(line + 1);
  std::string token = text::base64url(header) + "." + text::base64url(payload);
  token += "." + text::base64url(crypto::hmac_sha256(kSecret, token).view());
  judge(token, secret);
  // As a key set: every key that is taken can be written and read again.
  if (const auto set = crypto::KeySet::parse(input, crypto::KeyTrust::remote)) {
    for (const auto& record : set->records()) {
      demand(record.key && !record.algorithms.empty() && record.secret.empty());
      demand((record.algorithms & crypto::AlgorithmSet::symmetric()).empty());
      const auto again = crypto::KeySet::parse(json::write(record.key->to_jwk()), crypto::KeyTrust::remote);
      demand(again && again->records().size() == 1);
      demand(again->records()[0].key->thumbprint() == record.key->thumbprint());
    }
  }
  return 0;
}
