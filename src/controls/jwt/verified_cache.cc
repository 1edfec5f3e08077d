#include "controls/jwt/verified_cache.h"

#include <algorithm>
#include <limits>

#include "base/crypto/digest.h"

namespace gatehouse::controls::jwt {

VerifiedCache::VerifiedCache(const SipKey& secret, std::size_t entries)
    : secret_(secret), sets_(std::max<std::size_t>(1, (entries + kShards * kWays - 1) / (kShards * kWays))) {}

SipKey VerifiedCache::key_of(std::string_view verifier) const {
  const auto bytes = crypto::hmac_sha256({reinterpret_cast<const char*>(secret_.data()), secret_.size()}, verifier);
  SipKey key;
  std::copy_n(bytes.begin(), key.size(), key.begin());
  return key;
}

bool VerifiedCache::find(const Sip128& token, Verified& out) const {
  const Shard& s = shard(token);
  const std::lock_guard lock(s.mutex);
  if (s.sets.empty()) return false;
  for (const Slot& slot : s.sets[set_of(token)].slots) {
    if (!slot.value.principal || slot.token != token) continue;
    out = slot.value;
    return true;
  }
  return false;
}

void VerifiedCache::put(const Sip128& token, Verified value) {
  Shard& s = shard(token);
  std::shared_ptr<const gate::Principal> old;  // freed after the lock
  const std::lock_guard lock(s.mutex);
  if (s.sets.empty()) s.sets.resize(sets_);
  // What goes first: this very token, then an empty slot, then the nearest expiry.
  const auto rank = [&token](const Slot& slot) -> std::int64_t {
    if (!slot.value.principal) return -1;
    if (slot.token == token) return -2;
    return slot.value.expires == 0 ? std::numeric_limits<std::int64_t>::max() : slot.value.expires;
  };
  Set& set = s.sets[set_of(token)];
  std::size_t victim = set.oldest;
  for (std::size_t i = 1; i < kWays; ++i) {
    const std::size_t at = (set.oldest + i) % kWays;
    if (rank(set.slots[at]) < rank(set.slots[victim])) victim = at;
  }
  if (victim == set.oldest) set.oldest = (victim + 1) % kWays;
  Slot& slot = set.slots[victim];
  old = std::move(slot.value.principal);
  slot.token = token;
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
