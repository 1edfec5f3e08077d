// Answers that their framework takes for something else.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_replies(File& file);

}  // namespace gatehouse::audit::source
