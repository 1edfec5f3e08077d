// cors: which other sites' pages may talk to this one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls::cors {

struct CorsSettings : Settings {
  std::vector<conf::WebOrigin> origins;  // exact; the site's own need not be listed
  bool any_origin = false;               // every site, without credentials: for public data
  bool credentials = false;
  std::vector<std::string> methods;  // the route's methods when empty
  std::vector<std::string> headers = {"Accept",          "Authorization", "Content-Type",
                                      "Idempotency-Key", "X-CSRF-Token",  "X-Requested-With"};
  std::vector<std::string> expose = {"X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy"};
  Duration max_age{std::chrono::minutes(10)};
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::cors
