// What went wrong, said once where it happened and carried up as a value.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse {

// Whose fault it was: decides the status a client sees and the counter an operator watches.
enum class Source : unsigned char { client, origin, store, us };

// A failure. `code` is stable and points to static storage; `detail` is for the record and for operators, never
// for the client of a request.
struct Problem {
  Source source = Source::us;
  std::string_view code = "internal";
  std::string detail;
  std::shared_ptr<const Problem> cause;  // immutable once made, so it may be shared

  // This problem, with `by` as the reason behind it.
  Problem because(Problem by) && {
    cause = std::make_shared<const Problem>(std::move(by));
    return std::move(*this);
  }

  // One line: "code: detail (because code: detail …)".
  std::string text() const;
};

}  // namespace gatehouse
