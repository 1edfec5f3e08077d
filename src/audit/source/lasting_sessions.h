// Sessions and tokens of the project's own, kept in a table: whether they ever end.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_lasting_sessions(File& file);
void judge_lasting_sessions(const Project& project, Sink& sink);  // after the last file
// Who is signed in stands in a table, row by row: signing out, or a new password, can end it.
bool keeps_sessions(const Project& project);

}  // namespace gatehouse::audit::source
