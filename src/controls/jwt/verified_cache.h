// Tokens that were verified before. Bounded; a hit allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/siphash.h"
#include "gate/identity.h"

namespace gatehouse::controls::jwt {

struct Verified {
  std::shared_ptr<const gate::Principal> principal;
  std::int64_t expires = 0;      // unix seconds, without skew; 0: never
  std::int64_t not_before = 0;   // unix seconds, without skew
  std::uint64_t generation = 0;  // of the keys it was verified with
};

// Finds a token by its SipHash-2-4-128 under a secret key of its verifier. The key never leaves the process and no hash
// is ever told, so a token that was not verified is taken for one that was with a chance of 2^-128 a try; and no token
// is kept, only its hash: what reads this memory cannot act for anybody. Safe from several threads; each of 64 shards
// has a lock of its own that is held for a few loads. When a set of four is full, what expires first makes room, and of
// those that expire together the oldest.
class VerifiedCache {
 public:
  // `secret` is from Entropy. Entries are rounded up to a multiple of 256.
  explicit VerifiedCache(const SipKey& secret, std::size_t entries = 8192);
  // The key to hash a verifier's tokens with, from an id that says all that its verdicts depend on.
  SipKey key_of(std::string_view verifier) const;
  bool find(const Sip128& token, Verified& out) const;
  void put(const Sip128& token, Verified value);
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 64, kWays = 4;
  struct Slot {
    Sip128 token{};
    Verified value;
  };
  struct Set {
    std::array<Slot, kWays> slots;
    std::size_t oldest = 0;  // where the round of the slots stands
  };
  struct Shard {
    mutable std::mutex mutex;
    std::vector<Set> sets;  // made when the first token comes
  };
  std::size_t set_of(const Sip128& token) const { return token.high % sets_; }
  Shard& shard(const Sip128& token) { return shards_[token.low % kShards]; }
  const Shard& shard(const Sip128& token) const { return shards_[token.low % kShards]; }

  SipKey secret_;
  std::size_t sets_;  // of each shard
  std::array<Shard, kShards> shards_;
};

}  // namespace gatehouse::controls::jwt
