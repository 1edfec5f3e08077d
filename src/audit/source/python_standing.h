// Tokens of accounts that were closed since.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_standing(File& file);
void judge_python_standing(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
