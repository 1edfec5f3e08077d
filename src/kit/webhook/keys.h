// The secrets of an endpoint as the keys its provider means by them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/crypto/key.h"
#include "base/result.h"
#include "base/secret.h"
#include "kit/webhook/config.h"

namespace gatehouse::kit::webhook {

inline constexpr std::size_t kMaxSecrets = 8;

// One of: shared bytes, or Ed25519 (private for signing, or public alone).
struct Key {
  Secret shared;
  std::optional<crypto::VerifyKey> verify;
  std::optional<crypto::SigningKey> sign;
};

// Stripe and most others: the text itself is the key. The Standard Webhooks family (svix, clerk, standard-webhooks,
// supabase): "whsec_" and base64 of 24 to 88 bytes, "whpk_" and "whsk_" for Ed25519; Supabase's "v1,whsec_…|v1,whsec_…"
// and "v1a,whpk_…:whsk_…" too. Problem code "bad_secret".
Result<std::vector<Key>> keys_of(const SchemeConfig& config, std::span<const Secret> secrets);

bool is_standard_family(Provider provider);

}  // namespace gatehouse::kit::webhook
