#pragma once

#include <string>
#include <string_view>

namespace gatehouse::audit {

// The newest version that a range of a manifest can ever bring, with 99999 for what is open within its line:
// "~=3.1.2" and ">=3.1,<3.2" and "3.1.x" give "3.1.99999", "^4.17.1" gives "4.99999.99999", "^0.3.1" "0.3.99999".
// Empty for what has no upper end or is no range of plain numbers. Source: PEP 440, and the ranges of npm's semver.
std::string newest_of_range(std::string_view wanted);

}  // namespace gatehouse::audit
