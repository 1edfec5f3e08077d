// Tokens that were verified before. Bounded; a hit allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/crypto/digest.h"
#include "gate/identity.h"

namespace gatehouse::controls::jwt {

struct Verified {
  std::shared_ptr<const gate::Principal> principal;
  std::int64_t expires = 0;      // unix seconds, without skew; 0: never
  std::int64_t not_before = 0;   // unix seconds, without skew
  std::uint64_t generation = 0;  // of the keys it was verified with
};

// Keyed by SHA-256 over the verifier's id and the token. Safe from several threads; each of 64 shards has a lock of
// its own that is held for a few loads. When a set of four is full, what expires first makes room,
// and of those that expire together the oldest.
class VerifiedCache {
 public:
  // Rounded up to a multiple of 256.
  explicit VerifiedCache(std::size_t entries = 8192);
  bool find(const crypto::Digest<32>& key, Verified& out) const;
  void put(const crypto::Digest<32>& key, Verified value);
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 64, kWays = 4;
  struct Slot {
    crypto::Digest<32> key{};
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
  std::size_t set_of(const crypto::Digest<32>& key) const { return (key[1] | (key[2] << 8)) % sets_; }
  Shard& shard(const crypto::Digest<32>& key) { return shards_[key[0] % kShards]; }
  const Shard& shard(const crypto::Digest<32>& key) const { return shards_[key[0] % kShards]; }

  std::size_t sets_;  // of each shard
  std::array<Shard, kShards> shards_;
};

}  // namespace gatehouse::controls::jwt
