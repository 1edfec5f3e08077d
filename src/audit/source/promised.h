// What documents and answers promise and nothing in the code does: limits, tokens, mails.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_promised(File& file);                              // what the code speaks of, and what it only says
void read_promises(const Source& source, Project& project);  // of one document
void judge_promises(const Project& project, Sink& sink);     // after the last file

}  // namespace gatehouse::audit::source
