// Secrets that are compared by a part: any letter of the right one passes for it.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_loose_matches(File& file);

}  // namespace gatehouse::audit::source
