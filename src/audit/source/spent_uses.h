// Counters of what may be used only so often, read, raised and saved: two requests at once count as one. Python and
// scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_spent_uses(File& file);

}  // namespace gatehouse::audit::source
