// Addresses of the own site that are told by their first slash alone: "//other.site" begins with one, too.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_half_checked(File& file);  // Python and scripts

}  // namespace gatehouse::audit::source
