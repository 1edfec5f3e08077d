// Ranks that controllers of NestJS ask for, and no guard reads.
#pragma once

#include <set>
#include <string>

#include "audit/source/file.h"
#include "audit/source/script_notes.h"

namespace gatehouse::audit::source {

// Guards of the project's own that read what decorators say.
void read_nest_guards(File& file);
// Guards over every controller: APP_GUARD, app.useGlobalGuards(…). Says whether one of them may ask who is calling.
bool note_global_guards(File& file);
// @Roles("admin") of one route; `guards`: all that is said in @UseGuards(…) before it.
void note_nest_roles(File& file, syntax::Node at, std::string rank, std::string guards);
void judge_nest_roles(const Project& project, const ScriptNotes& notes, Sink& sink);

}  // namespace gatehouse::audit::source
