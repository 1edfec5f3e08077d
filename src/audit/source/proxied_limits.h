// Limits that count by address behind a proxy whose word nobody takes: all visitors then have the proxy's address.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_proxied_limits(const File& file);
// Once every file was read: whether the tree itself puts a proxy in front.
void judge_proxied_limits(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
