// Settings that are demanded at start-up, beside those that the code reads.
#pragma once

#include "audit/check.h"
#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_demanded(File& file);
// After the last file.
void judge_demanded(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
