// Functions of a database that run with their owner's rights.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

void judge_definers(const Source& source, Sink& sink);

}  // namespace gatehouse::audit
