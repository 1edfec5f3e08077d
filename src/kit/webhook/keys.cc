#include "kit/webhook/keys.h"

#include "base/text.h"

namespace gatehouse::kit::webhook {
namespace {

constexpr std::size_t kLeastShared = 24, kMostShared = 88;

tl::unexpected<Problem> bad(std::string why) { return fail(Source::us, "bad_secret", std::move(why)); }

Result<Secret> base64_of(std::string_view s, std::string_view what) {
  auto bytes = text::unbase64(s);
  if (!bytes) return bad("what follows " + std::string(what) + " is not padded base64; copy the whole secret");
  Secret secret(*bytes);
  const Secret wiped(std::move(*bytes));
  return secret;
}

// "whsec_…", "whpk_…" or "whsk_…".
Result<Key> standard_key(std::string_view s) {
  Key key;
  if (s.starts_with("whsec_")) {
    auto bytes = base64_of(s.substr(6), "whsec_");
    if (!bytes) return fail(std::move(bytes.error()));
    if (bytes->size() < kLeastShared || bytes->size() > kMostShared)
      return bad("the secret has " + std::to_string(bytes->size()) + " bytes once decoded; 24 to 88 are right");
    key.shared = std::move(*bytes);
    return key;
  }
  if (s.starts_with("whpk_")) {
    auto bytes = base64_of(s.substr(5), "whpk_");
    if (!bytes) return fail(std::move(bytes.error()));
    auto verify = crypto::VerifyKey::ed25519(bytes->reveal());
    if (!verify) return bad("the public key after whpk_ cannot be used: " + verify.error().detail);
    key.verify = std::move(*verify);
    return key;
  }
  if (s.starts_with("whsk_")) {
    auto bytes = base64_of(s.substr(5), "whsk_");
    if (!bytes) return fail(std::move(bytes.error()));
    // A seed, or a seed with its public key behind it (the secret key of NaCl and its kin).
    auto sign = crypto::SigningKey::ed25519(bytes->reveal().substr(0, bytes->size() == 64 ? 32 : bytes->size()));
    if (!sign) return bad("the private key after whsk_ cannot be used: " + sign.error().detail);
    key.verify = sign->public_key();
    if (bytes->size() == 64 &&
        key.verify->to_jwk().string_at("x") != std::string_view(text::base64url(bytes->reveal().substr(32))))
      return bad("the two halves after whsk_ do not belong together");
    key.sign = std::move(*sign);
    return key;
  }
  return bad("it begins with none of whsec_, whpk_, whsk_; copy the whole secret, prefix included");
}

Result<void> add_standard(std::vector<Key>& keys, std::string_view s) {
  auto key = standard_key(s);
  if (!key) return fail(std::move(key.error()));
  keys.push_back(std::move(*key));
  return {};
}

// "v1,whsec_…", "v1a,whpk_…:whsk_…", several joined by '|'; the plain forms too.
Result<void> add_supabase(std::vector<Key>& keys, std::string_view s) {
  for (const std::string_view part : text::split(s, '|')) {
    if (part.starts_with("v1,")) {
      if (auto ok = add_standard(keys, part.substr(3)); !ok) return ok;
    } else if (part.starts_with("v1a,")) {
      const std::string_view pair = part.substr(4);
      if (auto ok = add_standard(keys, pair.substr(0, pair.find(':'))); !ok) return ok;
    } else if (auto ok = add_standard(keys, part); !ok) {
      return ok;
    }
  }
  return {};
}

bool has_blanks_around(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  return blank(s.front()) || blank(s.back());
}

}  // namespace

bool is_standard_family(Provider provider) {
  return provider == Provider::svix || provider == Provider::clerk || provider == Provider::standard_webhooks ||
         provider == Provider::supabase;
}

Result<std::vector<Key>> keys_of(const SchemeConfig& config, std::span<const Secret> secrets) {
  // Stops: an endpoint that verifies nothing because nobody set its secret. Without a key there is no scheme.
  if (secrets.empty()) return bad("no secret: nothing could be verified");
  if (secrets.size() > kMaxSecrets) return bad("more than 8 secrets");
  std::vector<Key> keys;
  for (const Secret& secret : secrets) {
    const std::string_view s = secret.reveal();
    if (s.empty()) return bad("the secret is empty");
    if (has_blanks_around(s)) return bad("the secret begins or ends with a blank or a line end; remove it");
    if (is_standard_family(config.provider) && config.static_header.empty()) {
      auto ok = config.provider == Provider::supabase ? add_supabase(keys, s) : add_standard(keys, s);
      if (!ok) return fail(std::move(ok.error()));
      continue;
    }
    // Stops: an API key, which other machines hold too, put where the endpoint's own signing secret belongs.
    if (config.provider == Provider::stripe && !s.starts_with("whsec_"))
      return bad("a Stripe signing secret begins with whsec_; copy it from the endpoint's page, not from the API keys");
    Key key;
    key.shared = secret.clone();
    keys.push_back(std::move(key));
  }
  if (keys.size() > kMaxSecrets) return bad("more than 8 secrets");
  return keys;
}

}  // namespace gatehouse::kit::webhook
