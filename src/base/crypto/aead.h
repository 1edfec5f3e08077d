// Authenticated encryption: AES-256-GCM (NIST SP 800-38D).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/entropy.h"

namespace gatehouse::crypto {

inline constexpr std::size_t kAeadKey = 32, kAeadNonce = 12, kAeadTag = 16;

// nonce || ciphertext || tag under a random nonce: for at most 2^32 messages a key. `context` is authenticated with it
// and not part of the output. The key has kAeadKey bytes.
std::string aead_seal(std::string_view key, std::string_view context, std::string_view plain, Entropy& entropy);
// Nothing when a bit of it, the key or the context is another one.
std::optional<std::string> aead_open(std::string_view key, std::string_view context, std::string_view sealed);

}  // namespace gatehouse::crypto
