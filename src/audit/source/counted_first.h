// Rows that are counted against a bound, and one more that is made afterwards: two requests at once both find room.
// Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void judge_counted_first(File& file);

}  // namespace gatehouse::audit::source
