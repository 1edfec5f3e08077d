// Where a record stands (approved, paid, confirmed), written as a customer sends it. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_decided_states(File& file);
void judge_decided_states(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
