// A fault that stands at many places, told once.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "audit/check.h"
#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Its first place makes the finding; every other joins it, up to a bound and none twice.
class Recurring {
 public:
  Recurring() = default;
  explicit Recurring(std::size_t most_places) : most_places_(most_places) {}

  // The finding, where this place has made it: the caller then says what the fault is. Null where the place has joined.
  proof::Finding* find(Sink& sink, std::string_view id, const Spot& at);
  proof::Finding* find(Sink& sink, std::string_view id, const proof::Location& at, const std::string& shown);
  proof::Finding* hit(File& file, std::string_view id, syntax::Node at);

  proof::Finding* finding() const { return finding_; }  // null before the first place
  explicit operator bool() const { return finding_ != nullptr; }

 private:
  std::size_t most_places_ = std::numeric_limits<std::size_t>::max();
  proof::Finding* finding_ = nullptr;
};

}  // namespace gatehouse::audit::source
