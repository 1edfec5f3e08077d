// Tenants that a header of the request names, and whether anybody asks who belongs to them.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_header_tenants(const File& file);
void judge_header_tenants(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
