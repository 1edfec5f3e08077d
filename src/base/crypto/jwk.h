// Key sets (RFC 7517): which keys may verify a token, and with which algorithms.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/algorithm.h"
#include "base/crypto/key.h"
#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::crypto {

// One key and what it may be used for. The record fixes the algorithm; a token only names what the record allows.
struct KeyRecord {
  std::string kid;
  bool any_kid = false;          // configured alone, without a name: stands for whatever kid a token gives
  AlgorithmSet algorithms;       // never empty; never mixes signatures and HMAC
  std::optional<VerifyKey> key;  // for signatures
  Secret secret;                 // for HMAC, when `key` is absent
};

// How a key set came here. A remote one is public, so whatever could sign is no use in it.
enum class KeyTrust : unsigned char { remote, local };

inline constexpr std::size_t kMaxKeySetBytes = 256 * 1024;
inline constexpr std::size_t kMaxKeys = 100;

// Keys, immutable once shared. Unfit keys are left out and named in warnings().
class KeySet {
 public:
  KeySet() = default;
  KeySet(KeySet&&) = default;
  KeySet& operator=(KeySet&&) = default;

  // {"keys":[…]} or one bare key; at most 256 KiB and 100 keys. Left out with a warning: `use` other than "sig",
  // `key_ops` without "verify", unknown `kty`, `crv` or `alg`, weak or malformed keys, secrets shorter than their
  // digest, and in a remote set everything that is private: `oct` keys and keys that carry `d`.
  // Problem code "bad_key_set" when the whole cannot be read; a set without a usable key is no problem here.
  static Result<KeySet> parse(std::string_view json_text, KeyTrust trust);
  // One public key that stands for every kid. `allowed` is cut down to what the key can do.
  static Result<KeySet> from_pem(std::string_view pem, AlgorithmSet allowed = AlgorithmSet::asymmetric());
  // One shared secret that stands for every kid. At least as long as the digest (RFC 7518 §3.2).
  static Result<KeySet> from_secret(Secret secret, AlgorithmSet allowed = {Algorithm::hs256});

  void add(KeyRecord record) { records_.push_back(std::move(record)); }
  const std::vector<KeyRecord>& records() const { return records_; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  bool empty() const { return records_.empty(); }
  bool knows(std::string_view kid) const;

 private:
  std::vector<KeyRecord> records_;
  std::vector<std::string> warnings_;
};

// The public key as a JWK with kid, use "sig" and alg: what a key set publishes.
json::Value publish(const VerifyKey& key, std::string_view kid, Algorithm algorithm);

}  // namespace gatehouse::crypto
