// Secrets that guard a door and may be the empty text: the variable is missing, nothing refuses to start, and what
// is checked with it can be made by everybody. Of a configuration service; script_environment.cc and python_leaks.cc
// read the environment itself.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_empty_secrets(const File& file);
void judge_empty_secrets(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
