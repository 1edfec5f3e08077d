// Keys of the environment that what was sent is held against, in Python: a guard, unless the variable is missing and
// nothing is sent, for then both are None.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// if given != os.getenv("KEY"): return 403
bool asks_open_key(const File& file, syntax::Node function);
void read_open_keys(const File& file);
void judge_open_keys(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
