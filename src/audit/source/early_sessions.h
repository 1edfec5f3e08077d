// Doors that sign somebody in before the address was confirmed that the sign-in asks for.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_early_sessions(File& file);                           // Python, and scripts of a server
void judge_early_sessions(const Project& project, Sink& sink);  // after the last file
// A sign-in turns away whose address is not confirmed.
bool asks_for_proof(const Project& project);

}  // namespace gatehouse::audit::source
