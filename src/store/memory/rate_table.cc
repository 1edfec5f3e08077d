#include "store/memory/rate_table.h"

#include <atomic>
#include <bit>
#include <new>
#include <thread>

namespace gatehouse::store {
namespace {

using Word = std::atomic_ref<std::uint64_t>;

// What a bucket with this TAT answers at `now`; `tat` becomes the new one when the take is allowed.
//
// With T the interval, tolerance t = T x (burst + 1): a take is allowed when max(now, tat) + T does not lie more than t
// ahead of now. A refusal leaves the bucket as it was, so a client that keeps knocking is not pushed further away.
RateDecision decide(std::uint64_t& tat, RateSpec spec, std::uint64_t now) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  const auto interval = static_cast<std::uint64_t>(spec.interval.count());
  std::uint64_t tolerance = 0;
  if (__builtin_mul_overflow(interval, std::uint64_t{spec.burst} + 1, &tolerance) || tolerance > kMost)
    tolerance = kMost;
  const std::uint64_t base = tat > now ? tat : now;
  const std::uint64_t next = base + interval;
  RateDecision d;
  if (next - now > tolerance) {
    d.allowed = false;
    d.retry_after = Duration(static_cast<std::int64_t>(next - now - tolerance));
    d.reset = Duration(static_cast<std::int64_t>(base - now));
    return d;
  }
  tat = next;
  const std::uint64_t ahead = next - now;
  d.remaining = static_cast<std::uint32_t>((tolerance - ahead) / interval);
  d.reset = Duration(static_cast<std::int64_t>(ahead));
  return d;
}

// Held slots are let go within a few instructions, unless their thread was put aside: then give it the core.
void wait_a_little(int& turns) {
  if (++turns > 64) std::this_thread::yield();
}

}  // namespace

RateTable::RateTable(std::size_t buckets) {
  const std::size_t sets = std::bit_ceil(buckets < kWays ? std::size_t{1} : (buckets + kWays - 1) / kWays);
  mask_ = sets - 1;
  // calloc takes zero pages from the system, where writing zeros ourselves would make all of them resident at once.
  std::size_t bytes = (sets + 1) * sizeof(Set);
  memory_.reset(std::calloc(bytes, 1));
  if (!memory_) throw std::bad_alloc();
  void* at = memory_.get();
  sets_ = static_cast<Set*>(std::align(alignof(Set), sets * sizeof(Set), at, bytes));
}

bool RateTable::try_slot(Slot& slot, std::uint64_t tag, RateSpec spec, std::uint64_t now, RateDecision& out) {
  Word tat(slot.tat), held_tag(slot.tag);
  for (int turns = 0;;) {
    std::uint64_t seen = tat.load(std::memory_order_acquire);
    if (seen == kHeld) {
      wait_a_little(turns);
      continue;
    }
    // The order matters: the tag is read after the TAT and changes only while the TAT says kHeld. So when the exchange
    // below succeeds, the TAT it replaces was this key's.
    if (held_tag.load(std::memory_order_relaxed) != tag) return false;
    std::uint64_t next = seen;
    out = decide(next, spec, now);
    if (!out.allowed) return true;
    if (tat.compare_exchange_weak(seen, next, std::memory_order_acq_rel, std::memory_order_relaxed)) return true;
  }
}

RateDecision RateTable::take(Fast::RateKey key, RateSpec spec, SteadyTime at) {
  // Stops: a rate that was never set letting everybody through.
  if (spec.interval <= Duration::zero()) return {false, 0, std::chrono::seconds(1), std::chrono::seconds(1)};
  const auto now = static_cast<std::uint64_t>(at.time_since_epoch().count());
  Set& set = sets_[key.high & mask_];
  RateDecision out;
  for (Slot& slot : set.slots) {
    if (Word(slot.tag).load(std::memory_order_relaxed) != key.low) continue;
    if (try_slot(slot, key.low, spec, now, out)) return out;
  }
  return insert(set, key.low, spec, now);
}

RateDecision RateTable::insert(Set& set, std::uint64_t tag, RateSpec spec, std::uint64_t now) {
  // The set's first slot is its gate: who holds it is the only one that brings a new key in.
  // Stops: a client that opens many connections at once getting one burst a thread.
  Word gate(set.slots[0].tat);
  std::uint64_t gate_tat = 0;
  for (int turns = 0;;) {
    gate_tat = gate.load(std::memory_order_acquire);
    if (gate_tat != kHeld && gate.compare_exchange_weak(gate_tat, kHeld, std::memory_order_acq_rel)) break;
    wait_a_little(turns);
  }
  Word gate_tag(set.slots[0].tag);
  RateDecision out;
  if (gate_tag.load(std::memory_order_relaxed) == tag && gate_tat != 0) {
    out = decide(gate_tat, spec, now);
    gate.store(gate_tat, std::memory_order_release);
    return out;
  }
  for (std::size_t i = 1; i < kWays; ++i) {
    Slot& slot = set.slots[i];
    if (Word(slot.tag).load(std::memory_order_relaxed) == tag && try_slot(slot, tag, spec, now, out)) {
      gate.store(gate_tat, std::memory_order_release);
      return out;
    }
  }
  for (;;) {
    std::size_t idlest = 0;
    std::uint64_t lowest = gate_tat;
    for (std::size_t i = 1; i < kWays; ++i) {
      const std::uint64_t t = Word(set.slots[i].tat).load(std::memory_order_acquire);
      if (t < lowest) idlest = i, lowest = t;
    }
    std::uint64_t fresh = 0;
    out = decide(fresh, spec, now);
    if (idlest == 0) {
      gate_tag.store(tag, std::memory_order_relaxed);
      gate.store(fresh, std::memory_order_release);
      return out;
    }
    Slot& slot = set.slots[idlest];
    if (!Word(slot.tat).compare_exchange_strong(lowest, kHeld, std::memory_order_acq_rel)) continue;
    Word(slot.tag).store(tag, std::memory_order_relaxed);
    Word(slot.tat).store(fresh, std::memory_order_release);
    gate.store(gate_tat, std::memory_order_release);
    return out;
  }
}

}  // namespace gatehouse::store
