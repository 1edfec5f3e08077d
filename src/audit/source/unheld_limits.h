// Limits that are kept and that nothing holds anybody to: a coupon's uses that are never counted, a stock that no order
// lowers, dates that are looked up and then written. Told by what is nowhere in the project. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_unheld_limits(File& file);
// After the schema and the map of functions.
void judge_unheld_limits(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
