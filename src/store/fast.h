// The quick door: atomic counters, expiring keys, announcements. In memory here; shared between machines elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/task.h"

namespace gatehouse {

// A generic cell rate limit (GCRA): `burst` + 1 may pass at once, then one every `interval`.
struct RateSpec {
  Duration interval{};
  std::uint32_t burst = 0;
};

struct RateDecision {
  bool allowed = true;
  std::uint32_t remaining = 0;
  Duration retry_after{};  // when refused
  Duration reset{};        // until the whole burst is there again
};

class Fast {
 public:
  virtual ~Fast() = default;
  // Takes one from the bucket `key` (a 128-bit digest made by the caller of rule name and subject).
  struct RateKey {
    std::uint64_t high, low;
  };
  virtual Soon<RateDecision> take(RateKey key, RateSpec spec, SteadyTime now) = 0;
  // A string that expires. Revocations, bans, one-time values.
  virtual Soon<bool> put(std::string_view key, std::string_view value, WallTime expires) = 0;
  virtual Soon<std::optional<std::string>> get(std::string_view key) = 0;
  virtual Soon<bool> erase(std::string_view key) = 0;
  // Counts an event in a fixed window (quotas over hours and days); returns the count after it.
  virtual Soon<std::uint64_t> count(std::string_view key, WallTime window_end) = 0;
};

}  // namespace gatehouse
