// What one visitor leaves in a variable of a Python module that every visitor shares.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_state(File& file);

}  // namespace gatehouse::audit::source
