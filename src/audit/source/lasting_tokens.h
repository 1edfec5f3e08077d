// Tokens that outlive the password they were given for, in every language. What Django's tokens do is read with its
// codes.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_lasting_tokens(File& file);
void judge_lasting_tokens(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
