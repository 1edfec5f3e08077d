// What the backend gets to see of a request: fields and cookies taken out, fields forced, the path moved.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gate/config.h"
#include "gate/filter.h"

namespace gatehouse::gate {

// A path of the public site and the path it stands for at the backend.
struct PathMap {
  std::string strip, add;  // begin with '/', do not end with one; empty: nothing
  PathMap() = default;
  PathMap(std::string_view strip_prefix, std::string_view add_prefix);
  bool empty() const { return strip.empty() && add.empty(); }
};

// Edits the request in place. Where it moves the path, the client's own stays in public_path. A path outside the prefix
// to be stripped is not_found.
class RequestRewrite final : public Filter {
 public:
  explicit RequestRewrite(const RouteConfig& route);
  std::string_view name() const override { return "route"; }
  Outcome request(Exchange& x) const override;

  // Does the route ask for any of it?
  static bool needed(const RouteConfig& route);

 private:
  std::vector<std::string> remove_fields_, remove_cookies_;
  std::vector<std::pair<std::string, std::string>> set_fields_;
  PathMap paths_;
};

}  // namespace gatehouse::gate
