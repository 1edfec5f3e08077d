// Names that are taken from a module of the project that does not give them away: the import fails, or a route is given
// nothing to call.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_exports_script(File& file);
void read_exports_python(File& file);
void judge_exports(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
