// What Python keeps as it was sent, with no bound asked for, and lists that have no end.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_bounds(File& file);
void judge_python_bounds(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
