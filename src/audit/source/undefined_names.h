// Names that a program uses and nothing defines, and waiting where nobody can wait: plain JavaScript and Python have no
// compiler to say so, only the first request does.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_undefined_script(File& file);
void read_undefined_python(File& file);
void judge_undefined(const Project& project, Sink& sink);  // after the last file
bool guards_by_name(std::string_view name);                // of something that decides whether somebody may go on

}  // namespace gatehouse::audit::source
