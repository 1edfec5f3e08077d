// Codes and links that open an account for ever or as often as one likes, and passwords changed without the old one.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_one_time(File& file);

}  // namespace gatehouse::audit::source
