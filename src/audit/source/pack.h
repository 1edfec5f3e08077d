// Adds the readers of source code, by real parsers, to an audit.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit::source {

void add_source(Pack& pack);

}  // namespace gatehouse::audit::source
