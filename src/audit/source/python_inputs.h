// What a client sends, and where it means more than text: markup, patterns, parts of addresses.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_inputs(File& file);
void judge_python_inputs(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
