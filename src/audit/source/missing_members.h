// Methods that an object of the project's own is asked for and does not have.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_missing_members(File& file);
void judge_missing_members(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
