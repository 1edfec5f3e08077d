// Guards whose first statement lets everybody through, so that what refuses below it is never reached.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_dead_guards(File& file);  // Python, and scripts of a server

}  // namespace gatehouse::audit::source
