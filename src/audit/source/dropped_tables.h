// Programs that drop their tables when they start, unless a switch is thrown that is on by default.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_dropped_tables(File& file);
void judge_dropped_tables(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
