// Result<T>: a value or a Problem. What can happen is returned; only bugs are thrown.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "base/problem.h"

namespace gatehouse {

template <class T>
using Result = tl::expected<T, Problem>;

// The failing side of a Result: `return fail(Source::client, "bad_header", "name is empty");`
inline tl::unexpected<Problem> fail(Source source, std::string_view code, std::string detail = {}) {
  return tl::unexpected<Problem>(Problem{source, code, std::move(detail), nullptr});
}
inline tl::unexpected<Problem> fail(Problem problem) { return tl::unexpected<Problem>(std::move(problem)); }

}  // namespace gatehouse
