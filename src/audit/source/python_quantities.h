// Quantities of a client's that may be negative.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_quantities(File& file);
void judge_python_quantities(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
