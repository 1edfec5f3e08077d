// Whether a program of Express has anything of its own that answers for what goes wrong.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_error_handlers(File& file);
void judge_error_handlers(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
