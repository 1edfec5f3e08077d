// Where a desk of our own stands: a path, who may come in, and the origin that answers. No private door: the request
// walks the same pipeline as one to a backend.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gate/config.h"
#include "gate/origin.h"

namespace gatehouse::kit {

// Who may come in. `machine`: programs that prove themselves by what they send (a signature); nobody signs in, no CSRF,
// and the desk keeps its own rate in place of the general one by address. `anyone`: no identity is needed, one is
// verified when it comes. `signed_in`: a verified identity, csrf and rates as on any route of the file.
enum class Entry : std::uint8_t { machine, anyone, signed_in };

// What is mounted, as the configuration says it: for `check`, which builds nothing.
struct MountedPath {
  std::string service;               // "webhooks"
  std::string path;                  // "=/webhooks/stripe", "/billing/": as a route's path
  std::vector<std::string> methods;  // empty: all but CONNECT and TRACE
  Entry entry = Entry::signed_in;
  std::optional<std::uint64_t> body_limit;
  conf::Place place;
};

struct Mount {
  MountedPath at;
  std::shared_ptr<const gate::Origin> origin;
};

}  // namespace gatehouse::kit
