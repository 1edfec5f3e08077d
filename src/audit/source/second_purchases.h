// Checkouts that are opened without asking what is there already: a subscription that runs, a course that is owned, a
// payment of the same order that is still open. Python and scripts alike.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct SecondPurchases {
  struct Function {
    std::string path;
    bool asks = false;            // whether something is subscribed to already
    std::set<std::string> calls;  // by name
    std::map<std::string, Spot> called_at;
  };
  struct Opened {
    std::string function;  // by name, empty for a handler that has none
    bool asks = false;
    std::set<std::string> calls;
    Spot at;
    bool reads = false;  // rows of its own
  };
  std::multimap<std::string, Function, std::less<>> functions;
  std::vector<Opened> opened;
  std::set<std::string> guarded;  // handlers behind a guard that turns subscribers away
};

void read_second_purchases(File& file);
void judge_second_purchases(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
