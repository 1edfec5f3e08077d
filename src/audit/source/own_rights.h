// What decides rights or was paid for, written into Supabase with the rights of the caller: the table then has to let
// its owner write it, and the public key of the project is enough to do the same by hand.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_own_rights(File& file);
void judge_own_rights(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
