// Which door leads to the line that a finding names, so that its reader need not look for it.
#pragma once

#include <deque>

#include "audit/project.h"

namespace gatehouse::audit::source {

// Gives each place that stands in the handler of a route that route ("PUT /api/orders/{id}"). What is called by a
// handler and stands elsewhere has none: it may have many callers.
void name_routes(const Project& project, std::deque<proof::Finding>& findings);

}  // namespace gatehouse::audit::source
