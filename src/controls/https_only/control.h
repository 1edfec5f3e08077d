// https_only: nothing travels in the clear.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls::https_only {

struct HttpsOnlySettings : Settings {
  Duration hsts_max_age{std::chrono::hours(24 * 365)};
  bool include_subdomains = false;
  bool preload = false;
  std::int64_t port = 443;          // of the public https address
  std::vector<std::string> exempt;  // paths that stay reachable over http: exact, or a prefix that ends in '/'
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::https_only
