// Steps that free or give back something, and may be done again: a loan returned twice frees a book that another
// reader has by now.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_repeated_steps(File& file);  // Python and scripts
void judge_repeated_steps(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
