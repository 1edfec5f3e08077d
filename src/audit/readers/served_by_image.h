// What an image serves by a proxy of its own: the configuration of nginx within a Dockerfile, and whom it stands
// before.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "audit/project.h"

namespace gatehouse::audit {

// The configuration that a Dockerfile writes with a here-document or echo, on the lines where it stands; empty when
// it writes none.
std::string nginx_within(std::string_view dockerfile);

// Names of the hosts that the proxy in the image of `folder` passes requests on to; nothing when there is none in it.
std::set<std::string> proxied_by_image(const Project& project, std::string_view folder, std::string_view dockerfile);

}  // namespace gatehouse::audit
