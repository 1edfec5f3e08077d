// Names and forms that a newer version of a package has not any more, used with that version: the program does not
// start, or fails at the first request that comes this far.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_removed_python(File& file);
void read_removed_script(File& file);

}  // namespace gatehouse::audit::source
