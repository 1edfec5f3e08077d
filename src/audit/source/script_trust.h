// Who is an administrator by a name, by coming first, or because the request says so.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_trust(File& file);

}  // namespace gatehouse::audit::source
