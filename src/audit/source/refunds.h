// Money that is said to be given back, and subscriptions that are said to be over, where the provider never hears of
// it. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_refunds(File& file);
void judge_refunds(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
