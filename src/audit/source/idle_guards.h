// Guards that see that somebody may not go on, and let them: a catch that only writes it down, a decorator that only
// says so.
#pragma once

#include "audit/source/file.h"
#include "audit/source/script_notes.h"

namespace gatehouse::audit::source {

void read_idle_guards(const File& file);  // scripts
void judge_idle_guards(const Project& project, const ScriptNotes& notes, Sink& sink);
void read_python_idle_guards(File& file);

}  // namespace gatehouse::audit::source
