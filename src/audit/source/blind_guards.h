// Guards of one's own in Django that take a token for its account, and never ask whether the account is still open.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_blind_guards(File& file);
void judge_blind_guards(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
