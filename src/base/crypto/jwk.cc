#include "base/crypto/jwk.h"

#include "base/text.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kMaxKid = 256;

tl::unexpected<Problem> unfit(std::string why) { return fail(Source::us, "bad_key", std::move(why)); }

// Least bytes of an HMAC secret (RFC 7518 §3.2).
std::size_t digest_bytes(Algorithm a) { return a == Algorithm::hs256 ? 32 : a == Algorithm::hs384 ? 48 : 64; }

Result<std::string> member_bytes(const json::Value& jwk, std::string_view name) {
  const auto text_value = jwk.string_at(name);
  if (!text_value) return unfit("member \"" + std::string(name) + "\" is missing or not a string");
  auto bytes = text::unbase64url(*text_value);
  if (!bytes || bytes->empty()) return unfit("member \"" + std::string(name) + "\" is not canonical base64url");
  return std::move(*bytes);
}

Result<VerifyKey> public_key(const json::Value& jwk, std::string_view kty) {
  if (kty == "RSA") {
    auto n = member_bytes(jwk, "n");
    if (!n) return fail(n.error());
    auto e = member_bytes(jwk, "e");
    if (!e) return fail(e.error());
    return VerifyKey::rsa(*n, *e);
  }
  const auto crv = jwk.string_at("crv");
  auto x = member_bytes(jwk, "x");
  if (!x) return fail(x.error());
  if (kty == "OKP") {
    if (crv != "Ed25519") return unfit("crv is not Ed25519");
    return VerifyKey::ed25519(*x);
  }
  auto y = member_bytes(jwk, "y");
  if (!y) return fail(y.error());
  if (crv == "P-256") return VerifyKey::ec(KeyKind::p256, *x, *y);
  if (crv == "P-384") return VerifyKey::ec(KeyKind::p384, *x, *y);
  if (crv == "P-521") return VerifyKey::ec(KeyKind::p521, *x, *y);
  return unfit("crv is not P-256, P-384 or P-521");
}

// RFC 7517 §4.2, §4.3: what its publisher says the key is for.
Result<bool> for_verifying(const json::Value& jwk) {
  if (const json::Value* use = jwk.find("use"); use != nullptr && use->string() != "sig")
    return unfit("use is not \"sig\"");
  if (const json::Value* ops = jwk.find("key_ops"); ops != nullptr) {
    if (!ops->is_array()) return unfit("key_ops is not a list");
    bool verify = false;
    for (const json::Value& op : ops->array()) verify = verify || op.string() == "verify";
    if (!verify) return unfit("key_ops does not allow \"verify\"");
  }
  return true;
}

Result<KeyRecord> read_key(const json::Value& jwk, KeyTrust trust) {
  if (!jwk.is_object()) return unfit("not an object");
  KeyRecord record;
  if (const json::Value* kid = jwk.find("kid")) {
    if (!kid->is_string() || kid->string()->size() > kMaxKid || kid->string()->empty())
      return unfit("kid is not a string of 1 to 256 bytes");
    record.kid = *kid->string();
  }
  if (auto fit = for_verifying(jwk); !fit) return fail(std::move(fit.error()));
  std::optional<Algorithm> algorithm;
  if (const json::Value* alg = jwk.find("alg")) {
    algorithm = algorithm_of(alg->string().value_or(std::string_view()));
    if (!algorithm) return unfit("alg is not a signature algorithm we know");
  }
  const std::string_view kty = jwk.string_at("kty").value_or(std::string_view());
  KeyKind kind = KeyKind::secret;
  if (kty == "oct") {
    // Stops: a secret that stands on a public page and with which anybody signs.
    if (trust == KeyTrust::remote) return unfit("a shared secret (kty oct) in a key set that came over the network");
    auto bytes = member_bytes(jwk, "k");
    if (!bytes) return fail(bytes.error());
    record.secret = Secret(*bytes);
  } else if (kty == "RSA" || kty == "EC" || kty == "OKP") {
    // Stops: tokens signed by whoever read the private half that somebody published.
    if (trust == KeyTrust::remote && jwk.find("d") != nullptr) return unfit("its private half is published");
    auto key = public_key(jwk, kty);
    if (!key) return fail(std::move(key.error()));
    kind = key->kind();
    record.key = std::move(*key);
  } else {
    return unfit("kty is not RSA, EC, OKP or oct");
  }
  record.algorithms = AlgorithmSet::of(kind);
  if (algorithm) {
    if (!record.algorithms.has(*algorithm))
      return unfit("alg " + std::string(name(*algorithm)) + " does not fit a key of kind " + std::string(name(kind)));
    record.algorithms = {*algorithm};
  }
  if (kind == KeyKind::secret) {
    AlgorithmSet strong;
    for (Algorithm a : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512})
      if (record.algorithms.has(a) && record.secret.size() >= digest_bytes(a)) strong.add(a);
    if (strong.empty()) return unfit("the secret is shorter than the digest of its algorithm");
    record.algorithms = strong;
  }
  return record;
}

}  // namespace

bool KeySet::knows(std::string_view kid) const {
  for (const KeyRecord& r : records_)
    if (r.any_kid || r.kid == kid) return true;
  return false;
}

Result<KeySet> KeySet::parse(std::string_view json_text, KeyTrust trust) {
  if (json_text.size() > kMaxKeySetBytes) return fail(Source::origin, "bad_key_set", "larger than 256 KiB");
  json::Limits limits;
  limits.depth = 8;
  auto whole = json::parse(json_text, limits);
  if (!whole)
    return fail(Problem{Source::origin, "bad_key_set", "not JSON", nullptr}.because(std::move(whole.error())));
  json::Array list;
  if (const json::Value* keys = whole->find("keys")) {
    if (!keys->is_array()) return fail(Source::origin, "bad_key_set", "\"keys\" is not a list");
    list = keys->array();
  } else if (whole->find("kty") != nullptr) {
    list.push_back(std::move(*whole));
  } else {
    return fail(Source::origin, "bad_key_set", "neither {\"keys\":[…]} nor a key");
  }
  if (list.size() > kMaxKeys) return fail(Source::origin, "bad_key_set", "more than 100 keys");
  KeySet set;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto record = read_key(list[i], trust);
    if (record) {
      set.records_.push_back(std::move(*record));
    } else {
      const auto kid = list[i].string_at("kid");
      set.warnings_.push_back("key " + std::to_string(i) +
                              (kid ? " (\"" + text::printable(*kid, 60) + "\")" : std::string()) +
                              " is left out: " + record.error().detail);
    }
  }
  return set;
}

Result<KeySet> KeySet::from_pem(std::string_view pem, AlgorithmSet allowed) {
  auto key = VerifyKey::from_pem(pem);
  if (!key) return fail(std::move(key.error()));
  KeyRecord record;
  record.any_kid = true;
  record.algorithms = AlgorithmSet::of(key->kind()) & allowed;
  if (record.algorithms.empty())
    return unfit("none of the allowed algorithms fits a key of kind " + std::string(name(key->kind())));
  record.key = std::move(*key);
  KeySet set;
  set.add(std::move(record));
  return set;
}

Result<KeySet> KeySet::from_secret(Secret secret, AlgorithmSet allowed) {
  KeyRecord record;
  record.any_kid = true;
  for (Algorithm a : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512})
    if (allowed.has(a) && secret.size() >= digest_bytes(a)) record.algorithms.add(a);
  // Stops: guessing a short secret offline from one token.
  if (record.algorithms.empty()) return unfit("the secret must be at least as long as its digest (32 bytes for HS256)");
  record.secret = std::move(secret);
  KeySet set;
  set.add(std::move(record));
  return set;
}

json::Value publish(const VerifyKey& key, std::string_view kid, Algorithm algorithm) {
  json::Value out = key.to_jwk();
  out.set("kid", kid);
  out.set("use", "sig");
  out.set("alg", name(algorithm));
  return out;
}

}  // namespace gatehouse::crypto
