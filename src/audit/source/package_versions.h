// Which version of a package is asked for.
#pragma once

#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct Version {
  int major = -1, minor = 0;
  bool operator>=(const Version& o) const { return major != o.major ? major > o.major : minor >= o.minor; }
};

// What of the package is installed for this file is at least this version: by the manifest next above it. Without any
// version pip brings the newest.
bool at_least(const File& file, std::string_view package, Version from);

}  // namespace gatehouse::audit::source
