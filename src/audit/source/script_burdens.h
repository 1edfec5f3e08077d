// What one request can make of the objects and the memory of a program: deep merges of its own, sizes that clients
// name, patterns that take ages. And callers that are believed by a header.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_burdens(File& file);
void read_header_callers(File& file);

}  // namespace gatehouse::audit::source
