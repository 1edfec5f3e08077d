// Checks that let pass when something is missing or fails: a key, an answer, a role.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_lenient_checks(File& file);

}  // namespace gatehouse::audit::source
