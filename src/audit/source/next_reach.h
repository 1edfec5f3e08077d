// Which addresses Next's middleware (proxy since Next 16) stands before: those its matcher names, less those that its
// code lets pass before anybody is asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct MiddlewareReach {
  std::vector<std::string> matcher;  // empty: every address
  std::vector<std::string> open;     // let through
  std::vector<std::string> closed;   // the only ones that are shut, unless `rest`
  bool rest = false;                 // whatever is not open is shut

  // A stranger is turned away from this address.
  bool shuts(std::string_view path) const;
};

// One entry of a matcher or a list of routes: "/api/private(.*)", "/api/webhooks/:path*", "/((?!api|_next).*)".
bool matches_address(std::string_view pattern, std::string_view path);

// What the code of a middleware says of it. Nothing is known of `rest` when no refusal was understood: it is then set.
MiddlewareReach reach_of_middleware(const File& file);

}  // namespace gatehouse::audit::source
