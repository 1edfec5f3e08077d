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
  for (const Slot& slot : s.sets[set_of(key)]) {
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
  const auto rank = [&key](const Slot& slot) {
    if (slot.key == key || !slot.value.principal) return std::numeric_limits<std::int64_t>::min();
    return slot.value.expires == 0 ? std::numeric_limits<std::int64_t>::max() : slot.value.expires;
  };
  Set& set = s.sets[set_of(key)];
  Slot* victim = &set[0];
  for (Slot& slot : set) {
    if (slot.key == key && slot.value.principal) {
      victim = &slot;
      break;
    }
    if (rank(slot) < rank(*victim)) victim = &slot;
  }
  old = std::move(victim->value.principal);
  victim->key = key;
  victim->value = std::move(value);
}

std::size_t VerifiedCache::size() const {
  std::size_t n = 0;
  for (const Shard& s : shards_) {
    const std::lock_guard lock(s.mutex);
    for (const Set& set : s.sets)
      for (const Slot& slot : set) n += slot.value.principal != nullptr;
  }
  return n;
}

}  // namespace gatehouse::controls::jwt
