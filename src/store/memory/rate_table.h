// One GCRA bucket a key, shared by all threads without a lock on the usual path and without an allocation.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/clock.h"
#include "store/fast.h"

namespace gatehouse::store {

// A set-associative table of fixed size: sets of eight 16-byte slots, found by one half of the key and told apart by
// the other. A bucket is one number, its theoretical arrival time (TAT); one whose TAT has passed is as good as new and
// its slot is free again. When a set holds eight live buckets the one nearest to being idle makes room: the longest
// limited keys stay the longest.
//
// A refused take writes nothing, so an attacker's flood moves no cache line. Memory is asked for once and zeroed by the
// system when first touched: an unused table costs address space only.
class RateTable {
 public:
  // Rounded up to whole sets and a power of two; 16 bytes a bucket.
  explicit RateTable(std::size_t buckets);

  RateDecision take(Fast::RateKey key, RateSpec spec, SteadyTime now);
  std::size_t capacity() const { return (mask_ + 1) * kWays; }

 private:
  struct Slot {
    std::uint64_t tag;  // changed only while the slot is held
    std::uint64_t tat;  // nanoseconds; 0: never used; kHeld: a thread is changing the tag
  };
  static constexpr std::size_t kWays = 8;
  static constexpr std::uint64_t kHeld = ~std::uint64_t{0};
  struct alignas(64) Set {  // two cache lines
    Slot slots[kWays];
  };
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };

  // One try at the bucket when the slot holds `tag`; false when it does not (or no longer).
  bool try_slot(Slot& slot, std::uint64_t tag, RateSpec spec, std::uint64_t now, RateDecision& out);
  // Finds the key again with new keys shut out of the set, or gives it the idlest slot.
  RateDecision insert(Set& set, std::uint64_t tag, RateSpec spec, std::uint64_t now);

  std::size_t mask_;
  std::unique_ptr<void, Free> memory_;
  Set* sets_ = nullptr;  // the first whole cache line of memory_
};

}  // namespace gatehouse::store
