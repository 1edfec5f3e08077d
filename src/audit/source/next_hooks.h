// Pages of Next that use what only browsers have, and are rendered by the server.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_next_hooks(File& file);

}  // namespace gatehouse::audit::source
