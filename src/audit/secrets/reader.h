// Secrets in every file, in environment files, in what was built for browsers, and in the git history.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit::secrets {

// Problem "no_engine" becomes a "not checked" of the report, not a failure of the audit.
void add_secrets(Pack& pack);

}  // namespace gatehouse::audit::secrets
