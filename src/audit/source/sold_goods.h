// What is offered to everybody at a price: whoever buys it takes it by its id, and does not own it.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "audit/project.h"

namespace gatehouse::audit::source {

struct SoldGoods {
  std::set<std::string, std::less<>> priced;      // by record_key
  std::set<std::pair<std::string, int>> changed;  // places where a fetched record is changed after
};

// A model with a price of its own, that is no order, booking or payment of somebody's.
bool sold(const Project& project, std::string_view model);

}  // namespace gatehouse::audit::source
