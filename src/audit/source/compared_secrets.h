// Doors that compare what a client sends with a secret of the environment that may be missing: the empty text equals
// the empty text, and nothing equals nothing.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_compared_secrets(File& file);
// After the last file: whether the settings that were compared can be missing, and whether somebody asks.
void judge_compared_secrets(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
