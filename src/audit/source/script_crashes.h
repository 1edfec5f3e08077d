// What one request does to all the others: the process ends, or stands still.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_crashes(File& file);
void judge_crashes(const Project& project, Sink& sink);  // after the last file
void read_standstills(File& file);                       // long work that nothing else can run beside

}  // namespace gatehouse::audit::source
