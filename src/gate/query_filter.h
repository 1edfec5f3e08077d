// The declared query parameters of a route: typed, bounded, once.
#pragma once

#include <vector>

#include "gate/config.h"
#include "gate/filter.h"

namespace gatehouse::gate {

// Refuses with bad_query: a malformed query, a repeated or aliased declared parameter, a missing required one, a value
// outside its type or bounds, and, when `only_declared`, any other name. With unauthenticated or not_owner: a parameter
// that must equal a claim and does not; such a parameter must be there.
class QueryFilter final : public Filter {
 public:
  QueryFilter(std::vector<QueryParameter> declared, bool only_declared);
  std::string_view name() const override { return "route"; }
  Outcome request(Exchange& x) const override;

 private:
  Verdict judge(Exchange& x) const;
  std::vector<QueryParameter> declared_;
  bool only_declared_;
};

// Is the value of the declared type and within its bounds?
bool query_value_fits(const QueryParameter& declared, std::string_view value);

}  // namespace gatehouse::gate
