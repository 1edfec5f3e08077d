// Whether code asks how long a text or a list is: JavaScript and Python.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// .slice(0, 500), len(x) > 4000, max_length, and not x.length > 0.
bool bounds_length(const syntax::Code& code);
// The body is held against a schema that has bounds, or that is written where they cannot be seen.
bool held_by_schema(const File& file, const syntax::Code& code);

}  // namespace gatehouse::audit::source
