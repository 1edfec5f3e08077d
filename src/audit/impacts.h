// What follows where the rule's own sentence speaks of another case: of payments at a door that takes none, of
// administrators where a field says whose a record is.
#pragma once

#include <deque>

#include "proof/finding.h"

namespace gatehouse::audit {

void say_what_follows(std::deque<proof::Finding>& all);

}  // namespace gatehouse::audit
