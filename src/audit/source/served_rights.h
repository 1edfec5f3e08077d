// What a handler does with rights its callers have not: the database's service key, another service's key.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// For handlers that verify who is calling; open ones are told as open.
void judge_served_rights(File& file, syntax::Node handler);

}  // namespace gatehouse::audit::source
