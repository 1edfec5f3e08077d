// What people expect of a route and what is no control: deny, methods, query, headers, cookies, prefixes, redirects.
#pragma once

#include <memory>

#include "gate/config.h"
#include "gate/filter.h"

namespace gatehouse::gate {

// Where filters are put while a route is built.
class FilterSink {
 public:
  virtual ~FilterSink() = default;
  virtual void add(Step, std::unique_ptr<Filter>) = 0;
  virtual void add_seal(Step, std::unique_ptr<Filter>) = 0;
};

// Adds what the route's configuration asks for, and nothing else. The filters
// keep copies; neither config need outlive the call. Their steps decide their place among the controls' filters: deny
// stands in `greet`, methods in `limit` (a preflight has been answered by then), the query in `authorize` (its claims
// are verified by then), all rewriting in `shape`.
void add_route_filters(const RouteConfig& route, const GateConfig& config, FilterSink& sink);

// What a route's own part gets wrong: unknown parameter types, names that are no field names, prefixes without a slash.
void check_route(const RouteConfig& route, conf::Findings& findings);

}  // namespace gatehouse::gate
