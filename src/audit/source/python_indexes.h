// Searches by meaning over an index that everybody's papers were put into.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_indexes(File& file);
void judge_python_indexes(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
