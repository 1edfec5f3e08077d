// What is read of the caller and laid down by nobody: req.user.orgId, where the guard sets id and email alone. A filter
// that is undefined is left out by most databases' libraries, and everybody's rows come.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_unset_callers(File& file);
void judge_unset_callers(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
