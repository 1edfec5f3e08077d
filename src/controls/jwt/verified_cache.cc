#include "controls/jwt/verified_cache.h"

#include <algorithm>
#include <limits>

namespace gatehouse::controls::jwt {

VerifiedCache::VerifiedCache(std::size_t entries)
    : sets_(std::max<std::size_t>(1, (entries + kShards * kWays - 1) / (kShards * kWays))) {}

bool VerifiedCache::find(const crypto::Digest<32>& key, Verified& out) const {
  const Shard& s = shard(key);
  const std::lock_guard lock(s.mutex);
  if (s.sets.empty()) return false;
  for (const Slot& slot : s.sets[set_of(key)].slots) {
    if (!slot.value.principal || slot.key != key) continue;
    out = slot.value;
    return true;
  }
  return false;
}

void VerifiedCache::put(const crypto::Digest<32>& key, Verified value) {
  Shard& s = shard(key);
  std::shared_ptr<const gate::Principal> old;  // freed after the lock
  const std::lock_guard lock(s.mutex);
  if (s.sets.empty()) s.sets.resize(sets_);
  // What goes first: this very token, then an empty slot, then the nearest expiry.
  const auto rank = [&key](const Slot& slot) -> std::int64_t {
    if (!slot.value.principal) return -1;
    if (slot.key == key) return -2;
    return slot.value.expires == 0 ? std::numeric_limits<std::int64_t>::max() : slot.value.expires;
  };
  Set& set = s.sets[set_of(key)];
  std::size_t victim = set.oldest;
  for (std::size_t i = 1; i < kWays; ++i) {
    const std::size_t at = (set.oldest + i) % kWays;
    if (rank(set.slots[at]) < rank(set.slots[victim])) victim = at;
  }
  if (victim == set.oldest) set.oldest = (victim + 1) % kWays;
  Slot& slot = set.slots[victim];
  old = std::move(slot.value.principal);
  slot.key = key;
  slot.value = std::move(value);
}

std::size_t VerifiedCache::size() const {
  std::size_t n = 0;
  for (const Shard& s : shards_) {
    const std::lock_guard lock(s.mutex);
    for (const Set& set : s.sets)
      for (const Slot& slot : set.slots) n += slot.value.principal != nullptr;
  }
  return n;
}

}  // namespace gatehouse::controls::jwt
