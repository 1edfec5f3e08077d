// Tables that are made to follow the code whenever the program starts.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_schema_sync(File& file);

}  // namespace gatehouse::audit::source
