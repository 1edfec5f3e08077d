// Files that only some may have, at addresses that everybody may open.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_paid_files(File& file);

}  // namespace gatehouse::audit::source
