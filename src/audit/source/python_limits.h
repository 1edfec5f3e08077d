// Limits of Python's web frameworks that count in one process alone.
#pragma once

#include "audit/project.h"

namespace gatehouse::audit {
class Sink;
}

namespace gatehouse::audit::source {

// A limiter that counts for each process by itself, when it counts at all. After all files are read.
void judge_limiter_memory(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
