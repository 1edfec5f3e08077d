// Headers that anybody may send, taken for a proof of who is calling.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_forged_headers(File& file);

}  // namespace gatehouse::audit::source
