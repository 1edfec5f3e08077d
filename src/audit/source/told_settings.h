// Answers for strangers that tell which settings and secrets a server has: pages made to look into a deployment.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_told_settings(File& file);

}  // namespace gatehouse::audit::source
