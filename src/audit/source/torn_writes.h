// Records of one deed that are written one after the other, with nothing that holds them together.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Python and scripts; one remark for the whole project, with its other places.
void read_torn_writes(File& file);

}  // namespace gatehouse::audit::source
