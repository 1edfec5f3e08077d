// Codes and PINs that are short enough to be tried through, and the doors where nobody counts the tries.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_guessed_codes(File& file);                           // Python, and scripts of a server
void judge_guessed_codes(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
