// Refusals that do not end what they refuse.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// if (!user) res.status(401).end(), and the handler goes on: JavaScript and Python.
void read_refusals(File& file);

}  // namespace gatehouse::audit::source
