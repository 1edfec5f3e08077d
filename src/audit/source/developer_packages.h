// Packages that a server needs to run and that only developers install.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_developer_packages(File& file);

}  // namespace gatehouse::audit::source
