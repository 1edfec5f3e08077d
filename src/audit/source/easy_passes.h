// Two ways past a guard that are not its secret: a header with a fixed word that anybody can write, and a variable of
// the environment that switches the question off wherever it is set.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_easy_passes(File& file);

}  // namespace gatehouse::audit::source
