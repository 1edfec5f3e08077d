// Accounts that are found by an address in a provider's token which nobody asked whether it is verified, and accounts
// that are found by whichever of two names somebody typed. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_believed_addresses(File& file);
void judge_believed_addresses(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
