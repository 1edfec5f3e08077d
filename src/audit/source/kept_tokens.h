// Tokens of resets that are looked up by what was sent: they lie in the database as they went out by mail. Python and
// scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_kept_tokens(File& file);
void judge_kept_tokens(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
