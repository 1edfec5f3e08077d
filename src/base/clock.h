// Time as a parameter: tests turn it by hand.
#pragma once

#include <chrono>
#include <cstdint>

namespace gatehouse {

using Duration = std::chrono::nanoseconds;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime steady() const = 0;  // for waits and rates; never goes back
  virtual WallTime wall() const = 0;      // for expiries and records; may jump
  // Seconds since 1970-01-01T00:00:00Z, the NumericDate of RFC 7519 §2.
  std::int64_t unix_seconds() const {
    return std::chrono::duration_cast<std::chrono::seconds>(wall().time_since_epoch()).count();
  }
};

class SystemClock final : public Clock {
 public:
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
};

// A clock that stands still until moved.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_seconds = 1700000000) : wall_(std::chrono::seconds(unix_seconds)) {}
  SteadyTime steady() const override { return steady_; }
  WallTime wall() const override { return wall_; }
  void advance(Duration by) { steady_ += by, wall_ += by; }
  void set_unix(std::int64_t seconds) { wall_ = WallTime(std::chrono::seconds(seconds)); }

 private:
  SteadyTime steady_{std::chrono::seconds(1000)};
  WallTime wall_;
};

}  // namespace gatehouse
