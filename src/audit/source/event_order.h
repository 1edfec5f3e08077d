// Events of subscriptions that are believed as they come: whichever subscription they speak of, and in whatever order
// they arrive. Python and scripts alike, in handlers and in the services behind them.
#pragma once

#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct EventOrder {
  std::vector<Spot> unordered;  // told where nothing was said of repeated events
};

// Every branch that writes what somebody has asks the provider for it first: a second time changes nothing.
bool fetched_anew(const File& file, syntax::Node handler);

void read_event_order(File& file);
void judge_event_order(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
