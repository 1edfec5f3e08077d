// Bookings and orders that are paid for and then cancelled or deleted: nothing is paid back, or a late confirmation
// brings them back to life. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_cancelled_sales(File& file);
void judge_cancelled_sales(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
