// What a payment provider keeps, reached by an id that the caller names.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_provider_ids(File& file);

}  // namespace gatehouse::audit::source
