// What pages do themselves about what is free and what is paid: uses that are counted in the browser's own storage, and
// credits that a call of the page's takes.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_browser_credits(File& file);

}  // namespace gatehouse::audit::source
