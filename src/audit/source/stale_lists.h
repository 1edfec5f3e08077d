// Rows that a job reads as unpaid and then cancels by their ids, whatever became of them in between.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void judge_stale_lists(File& file);

}  // namespace gatehouse::audit::source
