// Files of a request that are written into a model's field by hand, past the form or serializer that would look at
// them.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_raw_uploads(File& file);
void judge_raw_uploads(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
