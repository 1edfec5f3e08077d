// The quick door in this process's memory: one table for all reactor threads. It belongs to the wiring, not to a
// policy, so limits, bans and counters outlive a reload. They do not outlive the process.
#pragma once

#include <array>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/siphash.h"
#include "store/fast.h"
#include "store/memory/expiring_map.h"
#include "store/memory/rate_table.h"

namespace gatehouse::store {

// All bounds are of entries. What happens at a bound is said beside it.
struct MemoryFastOptions {
  std::size_t buckets = 1 << 18;   // 4 MiB of address space; a full set forgets the bucket nearest to being idle
  std::size_t values = 1 << 16;    // full of live ones: put() answers false, and a guard must then close
  std::size_t counters = 1 << 17;  // full of live ones: the counter whose window ends first is forgotten
};

class MemoryFast final : public Fast {
 public:
  MemoryFast(const Clock& clock, Entropy& entropy, const MemoryFastOptions& options = {});
  ~MemoryFast() override;

  // Never waits: every answer is ready. take() is lock-free but for the first sight of a key.
  Soon<RateDecision> take(RateKey key, RateSpec spec, SteadyTime now) override;
  // False when it was full of live values: nothing was stored.
  Soon<bool> put(std::string_view key, std::string_view value, WallTime expires) override;
  Soon<std::optional<std::string>> get(std::string_view key) override;
  // True when there was a live value.
  Soon<bool> erase(std::string_view key) override;
  // Allocates only when the key is new in its window.
  Soon<std::uint64_t> count(std::string_view key, WallTime window_end) override;

 private:
  static constexpr std::size_t kShards = 64;
  struct Shard;
  Shard& shard(std::string_view key);

  const Clock& clock_;
  SipKey hash_key_;
  RateTable rates_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace gatehouse::store
