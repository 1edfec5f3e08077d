// Whether what a token says of its bearer's rights is ever asked again.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_script_standing(File& file);
// After the last file. `forgets`: the project has some way to refuse a token that is signed and in time.
void judge_script_standing(const Project& project, bool forgets, Sink& sink);

}  // namespace gatehouse::audit::source
