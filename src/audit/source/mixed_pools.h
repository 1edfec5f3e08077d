// One connection to MySQL that is used as one that gives promises and as one that does not: one of the two fails.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_mixed_pools(const File& file);
void judge_mixed_pools(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
