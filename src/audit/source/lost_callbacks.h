// A callback that is handed to a function of the project's own which takes none: nobody ever calls it, and what waits
// for it waits for ever.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_lost_callbacks(const File& file);
void judge_lost_callbacks(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
