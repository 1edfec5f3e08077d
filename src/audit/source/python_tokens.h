// Tokens that are made by a helper: whether they end is known where it is called.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void judge_undated_tokens(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
