// Uploads that are stored with the ending the client gave them, which no list of endings was asked about: what the file
// is served as is then the client's choice. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_kept_endings(File& file);
// Once every file was read: a list of endings may stand in another one.
void judge_kept_endings(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
