// Routes that were made for trying things out, and go into production with the rest: api/debug, api/test-email.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_trial_doors(File& file);

}  // namespace gatehouse::audit::source
