// What stands at the end of the pipeline: the customer's backend behind the reverse proxy, or a desk of our own.
#pragma once

#include <string_view>

#include "gate/exchange.h"

namespace gatehouse::gate {

class Origin {
 public:
  virtual ~Origin() = default;
  virtual std::string_view name() const = 0;
  // The answer to a request that passed every filter. The response's memory is the exchange's arena, or what its
  // stream owns. A Problem's source and code choose the refusal: upstream_timeout, upstream_unreachable, …
  virtual Task<Result<http::Response>> answer(Exchange&) const = 0;
};

// The whole request body, at most `limit` bytes, in the arena. Problem code too_large beyond it.
Task<Result<std::string_view>> read_body(Exchange&, std::size_t limit);

}  // namespace gatehouse::gate
