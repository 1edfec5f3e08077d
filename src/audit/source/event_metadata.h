// What a checkout tells the provider about the buyer, and what comes back of it: metadata that the webhook reads and
// nobody writes, a page after the payment that is not told which payment it was. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_event_metadata(File& file);
void judge_event_metadata(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
