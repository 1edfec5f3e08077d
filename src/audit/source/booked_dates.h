// Dates of bookings: an end before the beginning, and days that are over.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_booked_dates(File& file);
void judge_booked_dates(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
