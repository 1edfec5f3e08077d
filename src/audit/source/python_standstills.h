// What keeps a whole process of Python busy, or takes its memory, for one request.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_standstills(File& file);

}  // namespace gatehouse::audit::source
