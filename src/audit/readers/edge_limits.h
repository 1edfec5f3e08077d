// Limits that a server in front keeps: which addresses it counts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::audit {

struct EdgeLimits {
  std::vector<std::string> paths;  // of nginx's locations with a limit_req of their own: "/auth/login", "^/api/auth"
  // A limit for everything is made for pages, and covers no door.
  bool covers(std::string_view path) const;
};

}  // namespace gatehouse::audit
