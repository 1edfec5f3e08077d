// Rows of everybody that one request changes or removes at once, at doors that ask for no more than an account.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_sweeps(File& file);
void judge_python_sweeps(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
