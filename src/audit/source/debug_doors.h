// Doors that were left over from the search for a fault: they answer with the headers of the request, with the
// environment, or with where the program lies.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_debug_doors_python(File& file);
void read_debug_doors_script(File& file);

}  // namespace gatehouse::audit::source
