// What documents and examples name, and nothing in the tree knows: settings under another name than the code reads,
// addresses that no route has, images that no file builds.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit::source {

// README and its kin: NAME=value, `POST /api/things`, docker build.
void read_documented_names(const Source& source, Project& project);
void judge_documented_names(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
