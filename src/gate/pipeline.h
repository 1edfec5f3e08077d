// The filters of one route, in order, and the loop that walks them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gate/exchange.h"
#include "gate/filter.h"
#include "gate/origin.h"

namespace gatehouse::gate {

struct Placed {
  std::unique_ptr<Filter> filter;
  Step step = Step::shape;
  bool seal = false;       // its response() runs for every answer, whatever happened before
  bool observe = false;    // refusals are recorded, not made
  std::int64_t until = 0;  // observing ends (unix seconds); the rule holds again from then on
  std::string place;       // the configuration line it came from, "gatehouse.toml:12"
};

class Pipeline {
 public:
  // Sorts by step; inside a step the order of adding (the catalogue's) stays.
  void add(Placed placed);

  // Down the filters, to the origin, and up again: the answer, whatever happened. Never throws.
  // `forced` (not none) refuses without asking the filters: for what was malformed. Seals run all the same.
  Task<http::Response> run(Exchange& x, const Origin* origin, Refusal forced) const;
  // Tells every filter how it ended.
  void done(const Exchange& x, const Ending& ending) const noexcept;

  const std::vector<Placed>& placed() const { return placed_; }

 private:
  std::vector<Placed> placed_;
};

}  // namespace gatehouse::gate
