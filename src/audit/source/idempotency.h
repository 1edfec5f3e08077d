// Answers that are kept by an idempotency key, and given to whoever sends the same.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_idempotency(File& file);

}  // namespace gatehouse::audit::source
