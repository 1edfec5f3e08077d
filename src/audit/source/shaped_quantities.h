// Quantities that a client sends through a shape (a schema, a DTO, a serializer) which asks that they are numbers and
// not that they are more than nothing, in a project that reckons prices with them. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_shaped_quantities(File& file);
void judge_shaped_quantities(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
