// Payments that a browser comes back with: the id of a session, an intent, an order of the provider. Is it asked
// whether it was paid, whose it is, what it was for, and whether it was shown before? Python and scripts alike.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "audit/source/unpaid.h"

namespace gatehouse::audit::source {

struct Receipts {
  struct Shown {
    Spot at;
    std::string path;
    int line = 0, end_line = 0;   // of the function
    std::set<std::string> calls;  // one of which may give what was paid for
    std::optional<Spot> gives;
    std::string title;
    bool again = false;  // what is shown a second time counts a second time
  };
  std::vector<Shown> shown;
  std::vector<Spot> browser_orders;  // a page makes the provider's order, and says its sum
  bool looks_at_orders = false;      // the server asks the provider what was ordered
};

void read_receipts(File& file);
void judge_receipts(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
