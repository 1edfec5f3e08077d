// Tools that a language model calls: what it is told to read by a page or a person, it hands on as it came.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_model_tools(File& file);

}  // namespace gatehouse::audit::source
