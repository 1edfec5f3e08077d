// Second factors in Python that people set up and no sign-in asks for.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_factors(File& file);
void judge_python_factors(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
