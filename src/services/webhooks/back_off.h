// When a delivery is tried again, and when a backend is left alone for a while.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/entropy.h"

namespace gatehouse::services::webhooks {

struct BackOff {
  std::int64_t first_ms = 5000, longest_ms = 4 * 3600 * 1000, span_ms = 72 * 3600 * 1000;

  // The pause after failure number `failures` (from 1): doubling, bounded, and a random part of up to a half taken off,
  // so that what failed together does not come again together.
  std::int64_t pause(std::int64_t failures, Entropy& entropy) const {
    std::int64_t p = first_ms;
    for (std::int64_t i = 1; i < failures && p < longest_ms; ++i) p *= 2;
    p = std::min(p, longest_ms);
    auto random = entropy.bytes<2>();
    std::int64_t part = (random[0] << 8 | random[1]) * (p / 2) / 65535;
    return std::max<std::int64_t>(1, p - part);
  }
  // Has an event that was first tried then been tried for long enough?
  bool over(std::int64_t first_try, std::int64_t now) const { return first_try > 0 && now - first_try >= span_ms; }
  // The next try: never later than the end of the span, so that the last one stands there.
  std::int64_t next(std::int64_t first_try, std::int64_t now, std::int64_t pause) const {
    std::int64_t last = (first_try > 0 ? first_try : now) + span_ms;
    return std::min(now + pause, std::max(last, now + 1));
  }
};

// A circuit breaker. After kFailures in a row nothing is tried for a while that doubles to a minute; then one event
// goes alone, and its outcome decides. So a backend that is down costs no event its tries. One thread.
class Breaker {
 public:
  static constexpr int kFailures = 5;
  static constexpr std::int64_t kFirstMs = 500, kLongestMs = 60'000;

  // How many may be under way at `now`: all, one, or none.
  std::int64_t room(std::int64_t now, std::int64_t all) const {
    if (failures_ < kFailures) return all;
    // A wall clock that went back tells nothing about a pause that no pause is as long as.
    return now < until_ && until_ - now <= kLongestMs ? 0 : 1;
  }
  bool open() const { return failures_ >= kFailures; }
  std::int64_t until() const { return until_; }
  void succeeded() { failures_ = 0, pause_ = kFirstMs; }
  void failed(std::int64_t now) {
    if (failures_ < kFailures) ++failures_;
    if (failures_ < kFailures || now < until_) return;
    until_ = now + pause_;
    pause_ = std::min(pause_ * 2, kLongestMs);
  }

 private:
  int failures_ = 0;
  std::int64_t until_ = 0, pause_ = kFirstMs;
};

}  // namespace gatehouse::services::webhooks
