// Answers about somebody that a header lets every cache on the way keep.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_cached_answers(File& file);

}  // namespace gatehouse::audit::source
