// Secrets that travel in addresses, where histories, logs and the next page's Referer keep them.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_address_secrets(File& file);

}  // namespace gatehouse::audit::source
