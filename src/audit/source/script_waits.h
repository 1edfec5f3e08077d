// Questions to other servers that may wait for ever.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_waits(File& file);
void judge_waits(const Project& project, Sink& sink);  // after the last file: one remark for the project

}  // namespace gatehouse::audit::source
