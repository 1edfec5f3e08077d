// What was told of functions that only those who run the place can reach.
#pragma once

#include <vector>

#include "audit/check.h"
#include "audit/source/script_resolved.h"

namespace gatehouse::audit::source {

// Takes back, of handlers that every route to them keeps for staff: whose record it is, who names the sum that is
// written down, that a row without a secret is answered.
void take_back_for_staff(const Flows& flows, const std::vector<ResolvedRoute>& all, Sink& sink);

}  // namespace gatehouse::audit::source
