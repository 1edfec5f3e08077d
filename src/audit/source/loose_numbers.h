// Numbers that a handler takes and keeps, and whose own name is compared with nothing: a rating of a thousand, a price
// below zero.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void note_loose_number(const File& file, syntax::Node handler);
// Of the handler that stands there, when it has one.
const Spot* loose_number(const Project& project, const Spot& handler);

}  // namespace gatehouse::audit::source
