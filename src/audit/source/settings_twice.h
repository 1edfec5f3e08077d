// A setting that is written down twice: the second replaces the first as a whole.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_settings_twice(File& file);

}  // namespace gatehouse::audit::source
