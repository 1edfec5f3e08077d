// What keeps a whole process of Python busy, or takes its memory, for one request.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_standstills(File& file);
// Slow work in asynchronous functions, and in what they call.
void judge_python_standstills(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
