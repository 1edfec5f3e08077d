// Credentials that somebody wrote into a README: lines of an environment file with a value that nobody made up.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit::secrets {

void read_manual(const Source& source, Sink& sink);

}  // namespace gatehouse::audit::secrets
