// Lists of people that everybody who has an account is shown.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_directories(File& file);

}  // namespace gatehouse::audit::source
