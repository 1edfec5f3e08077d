#include "store/memory/memory_fast.h"

#include <algorithm>
#include <vector>

namespace gatehouse::store {

struct alignas(64) MemoryFast::Shard {
  std::mutex mutex;
  std::unique_ptr<ExpiringMap<std::string>> values;
  std::unique_ptr<ExpiringMap<std::uint64_t>> counters;
};

MemoryFast::MemoryFast(const Clock& clock, Entropy& entropy, const MemoryFastOptions& options)
    : clock_(clock),
      hash_key_(entropy.bytes<16>()),
      rates_(options.buckets),
      shards_(std::make_unique<Shard[]>(kShards)) {
  for (std::size_t i = 0; i < kShards; ++i) {
    auto share = [](std::size_t whole) { return std::max<std::size_t>(1, whole / kShards); };
    shards_[i].values = std::make_unique<ExpiringMap<std::string>>(share(options.values));
    shards_[i].counters = std::make_unique<ExpiringMap<std::uint64_t>>(share(options.counters));
  }
}
MemoryFast::~MemoryFast() = default;

// Stops: keys chosen to fall into one shard, where they would evict each other and queue for its lock.
MemoryFast::Shard& MemoryFast::shard(std::string_view key) { return shards_[siphash128(hash_key_, key).low % kShards]; }

Soon<RateDecision> MemoryFast::take(RateKey key, RateSpec spec, SteadyTime now) { return rates_.take(key, spec, now); }

Soon<bool> MemoryFast::put(std::string_view key, std::string_view value, WallTime expires) {
  const WallTime now = clock_.wall();
  Shard& s = shard(key);
  std::lock_guard lock(s.mutex);
  return s.values->put(key, std::string(value), expires, now);
}

Soon<std::optional<std::string>> MemoryFast::get(std::string_view key) {
  const WallTime now = clock_.wall();
  Shard& s = shard(key);
  std::lock_guard lock(s.mutex);
  const std::string* found = s.values->find(key, now);
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

Soon<bool> MemoryFast::erase(std::string_view key) {
  const WallTime now = clock_.wall();
  Shard& s = shard(key);
  std::lock_guard lock(s.mutex);
  return s.values->erase(key, now);
}

Soon<std::uint64_t> MemoryFast::count(std::string_view key, WallTime window_end) {
  const WallTime now = clock_.wall();
  Shard& s = shard(key);
  std::lock_guard lock(s.mutex);
  if (std::uint64_t* counter = s.counters->find(key, now)) return ++*counter;
  if (window_end <= now) return std::uint64_t{1};
  while (!s.counters->put(key, 1, window_end, now)) s.counters->forget_first();
  return std::uint64_t{1};
}

}  // namespace gatehouse::store
