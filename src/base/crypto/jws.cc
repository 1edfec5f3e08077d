#include "base/crypto/jws.h"

#include <algorithm>
#include <array>

#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kMaxKidBytes = 256;
constexpr int kMaxTries = 4;  // keys that share one kid

tl::unexpected<Problem> refuse(std::string why) { return fail(Source::client, kTokenInvalid, std::move(why)); }

bool printable_ascii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Result<JoseHeader> read_header(std::string_view text_json) {
  json::Limits limits;
  limits.depth = kMaxTokenDepth;
  limits.bytes = kMaxJoseHeaderBytes;
  auto value = json::parse(text_json, limits);
  if (!value) return refuse("the header is not strict JSON: " + text::printable(value.error().detail, 80));
  if (!value->is_object()) return refuse("the header is not a JSON object");
  JoseHeader header;
  header.members = std::move(*value);
  const json::Value& members = header.members;

  // Stops: extensions that change what the signature means, understood by the signer and ignored here.
  for (std::string_view name : {"crit", "b64", "zip", "enc"})
    if (members.find(name) != nullptr)
      return refuse("the header member \"" + std::string(name) + "\" is not supported");

  const auto alg = members.string_at("alg");
  if (!alg) return refuse("the header names no algorithm");
  const auto algorithm = algorithm_of(*alg);
  // Stops: alg "none" in all its spellings, and everything else that no key is for.
  if (!algorithm) return refuse("the algorithm \"" + text::printable(*alg, 20) + "\" is not allowed");
  header.algorithm = *algorithm;

  if (const json::Value* kid = members.find("kid")) {
    // Stops: a kid that smuggles paths, SQL or log lines in. It is a name to compare with, never more.
    if (!kid->is_string() || kid->string()->empty() || kid->string()->size() > kMaxKidBytes ||
        !printable_ascii(*kid->string()))
      return refuse("kid is not a string of 1 to 256 printable characters");
    header.has_kid = true;
    header.kid = *kid->string();
  }
  for (auto [name, into] : {std::pair{"typ", &header.typ}, std::pair{"cty", &header.cty}}) {
    const json::Value* member = members.find(name);
    if (member == nullptr) continue;
    if (!member->is_string()) return refuse(std::string(name) + " is not a string");
    *into = *member->string();
  }
  return header;
}

bool matches(const KeyRecord& record, const Jws& jws) {
  const Algorithm a = jws.header.algorithm;
  if (record.key) return record.key->verify(a, jws.signing_input, jws.signature);
  const std::string_view secret = record.secret.reveal();
  switch (a) {
    case Algorithm::hs256:
      return equal_constant_time(hmac_sha256(secret, jws.signing_input).view(), jws.signature);
    case Algorithm::hs384:
      return equal_constant_time(hmac_sha384(secret, jws.signing_input).view(), jws.signature);
    case Algorithm::hs512:
      return equal_constant_time(hmac_sha512(secret, jws.signing_input).view(), jws.signature);
    default:
      return false;
  }
}

}  // namespace

Result<Jws> parse_jws(std::string_view token) {
  if (token.empty()) return refuse("the token is empty");
  if (token.size() > kMaxTokenBytes) return refuse("the token is longer than 8 KiB");
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return refuse("the token does not have three parts");
  const std::string_view header_text = token.substr(0, first);
  const std::string_view payload_text = token.substr(first + 1, second - first - 1);
  const std::string_view signature_text = token.substr(second + 1);
  // Stops: a second spelling of the same token, which would slip past a list of revoked or seen ones.
  auto header_bytes = text::unbase64url(header_text);
  if (!header_bytes) return refuse("the header is not canonical base64url");
  if (header_bytes->size() > kMaxJoseHeaderBytes) return refuse("the header is longer than 2 KiB");
  auto payload = text::unbase64url(payload_text);
  if (!payload) return refuse("the payload is not canonical base64url");
  auto signature = text::unbase64url(signature_text);
  if (!signature) return refuse("the signature is not canonical base64url");
  if (signature->empty()) return refuse("the token is not signed");
  auto header = read_header(*header_bytes);
  if (!header) return fail(std::move(header.error()));
  return Jws{std::move(*header), token.substr(0, second), std::move(*payload), std::move(*signature)};
}

Result<const KeyRecord*> verify_jws(const Jws& jws, const KeySet& keys, AlgorithmSet allowed) {
  const JoseHeader& header = jws.header;
  const std::string algorithm(name(header.algorithm));
  if (!allowed.has(header.algorithm)) return refuse("the algorithm " + algorithm + " is not allowed here");
  bool kid_known = false;
  std::array<const KeyRecord*, kMaxTries> fitting{};
  int count = 0;
  for (const KeyRecord& record : keys.records()) {
    if (header.has_kid && !record.any_kid && record.kid != header.kid) continue;
    kid_known = true;
    // Stops: algorithm confusion, a public key taken as an HMAC secret above all.
    if (!record.algorithms.has(header.algorithm)) continue;
    if (count == kMaxTries) return refuse("too many keys fit the token");
    fitting[static_cast<std::size_t>(count++)] = &record;
  }
  if (!kid_known) {
    Problem problem{Source::client, kTokenInvalid,
                    header.has_kid ? "no key has the kid \"" + text::printable(header.kid, 60) + "\""
                                   : std::string("there is no usable key"),
                    nullptr};
    return fail(std::move(problem).because(Problem{Source::client, kUnknownKey, {}, nullptr}));
  }
  if (count == 0) return refuse("the key is not for " + algorithm);
  if (!header.has_kid && count > 1) return refuse("the token names no kid and several keys fit");
  for (int i = 0; i < count; ++i)
    if (matches(*fitting[static_cast<std::size_t>(i)], jws)) return fitting[static_cast<std::size_t>(i)];
  return refuse("the signature does not verify");
}

Result<std::string> sign_jws(const SigningKey& key, Algorithm algorithm, std::string_view kid, std::string_view typ,
                             std::string_view payload) {
  json::Value header;
  header.set("alg", name(algorithm));
  if (!typ.empty()) header.set("typ", typ);
  if (!kid.empty()) header.set("kid", kid);
  std::string token = text::base64url(json::write(header)) + "." + text::base64url(payload);
  auto signature = key.sign(algorithm, token);
  if (!signature) return fail(std::move(signature.error()));
  return token + "." + text::base64url(*signature);
}

}  // namespace gatehouse::crypto
