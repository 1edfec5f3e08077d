// Sign-ins that refuse only where everything is wrong at once: an "and" where an "or" is meant.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_confused_conditions(File& file);

}  // namespace gatehouse::audit::source
