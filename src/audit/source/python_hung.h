// What is put below somebody's record by an id that the client sends, in Python.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_hung(File& file);
void judge_python_hung(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
