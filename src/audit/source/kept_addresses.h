// Addresses that somebody entered once, that the server keeps and calls later: hooks, feeds, monitored sites.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_kept_addresses(File& file);

}  // namespace gatehouse::audit::source
