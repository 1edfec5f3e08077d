// Plans and subscriptions that are switched on without anybody having asked the provider whether they were paid for,
// in every language. The change often stands in a service that the route calls, so what a route does is put together
// from the functions it names once every file was read.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct Unpaid {
  struct Function {
    std::string name;
    Spot at;
    std::optional<Spot> gives;  // where it writes that somebody has what others pay for
    bool asks = false;          // calls a payment provider, or proves what one signed
    bool staff = false;         // asks whether the caller is staff
    std::set<std::string> calls;
  };
  std::multimap<std::string, Function, std::less<>> functions;
  std::vector<Function> doors;  // routes whose name speaks of plans, payments or subscriptions
  std::string full_at;          // the file from which on functions were left out: there are too many
};

void read_unpaid(const File& file, Unpaid& unpaid);
// Gives up the file at which the functions became too many, when something is sold: what its doors reach may be
// missing. `staff_only`: handlers that are mounted behind a guard for staff.
void judge_unpaid(const Unpaid& unpaid, const std::set<std::string>& staff_only, Sink& sink);

}  // namespace gatehouse::audit::source
