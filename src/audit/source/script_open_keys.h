// Keys of the environment that what was sent is held against, in scripts: where the variable is missing, undefined is
// what it is compared with, and undefined is what nobody sends.
#pragma once

#include "audit/source/file.h"
#include "audit/source/script_notes.h"

namespace gatehouse::audit::source {

void read_script_open_keys(const File& file);
void judge_script_open_keys(const Project& project, const ScriptNotes& notes, Sink& sink);

}  // namespace gatehouse::audit::source
