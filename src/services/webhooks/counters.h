// What one endpoint counted since the process began. Written from several threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace gatehouse::services::webhooks {

struct Counters {
  using Number = std::atomic<std::uint64_t>;
  Number fresh{0}, duplicates{0}, anomalies{0}, quarantined{0};      // answered 200
  Number malformed{0}, unsigned_{0}, turned_away{0}, not_stored{0};  // answered 400, 401, 413/415/429, 503
  Number delivered{0}, failed{0}, dead{0};                           // tries that ended so
  std::atomic<std::int64_t> in_flight{0}, pending{0};                // now
  std::atomic<bool> open{false};                                     // the circuit: nothing is tried
};

inline void count(Counters::Number& n) { n.fetch_add(1, std::memory_order_relaxed); }

}  // namespace gatehouse::services::webhooks
