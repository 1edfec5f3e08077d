// How somebody becomes an administrator without anybody having said so.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_admins(File& file);

}  // namespace gatehouse::audit::source
