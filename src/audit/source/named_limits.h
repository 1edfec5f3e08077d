// Limits that count by what the caller himself writes: an address of his choice, the name of his browser.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_named_limits(File& file);

}  // namespace gatehouse::audit::source
