// Keeps the bodies that were masked, for the people who must find the fault. Off unless asked for.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gatehouse::controls::error_mask {

// Files `ID.txt` of mode 0600 in a folder of mode 0700. Old ones are removed, and the oldest when there are too many.
// Called on worker threads only: it blocks.
class BodyStore {
 public:
  static constexpr std::size_t kMaxFiles = 1000;

  // Both are made by hand, so that tests can turn the time.
  BodyStore(std::string folder, Duration keep_for, const Clock& clock)
      : folder_(std::move(folder)), keep_for_(keep_for), clock_(clock) {}

  // False when nothing was written. `id` is a request id (gate/request_id.h), so it is a safe file name. An id that is
  // there already is not overwritten.
  bool keep(std::string_view id, std::string_view body);
  // Removes what is older than `keep_for`; the number of files removed.
  std::size_t sweep();

  void keep_for(Duration d) { keep_for_ = d; }

 private:
  std::string folder_;
  std::atomic<Duration> keep_for_;
  const Clock& clock_;
  std::atomic<std::int64_t> next_sweep_{0};
};

}  // namespace gatehouse::controls::error_mask
