// A signature of one's own making that is held against the one that was sent with == instead of a comparison that
// always takes as long. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_signature_compares(File& file);

}  // namespace gatehouse::audit::source
