// Scripts that stand in HTML pages themselves.
#pragma once

#include <string>
#include <string_view>

#include "audit/check.h"

namespace gatehouse::audit::source {

// The page with everything blanked that is no script of its own, so that lines stay where they are; empty when it has
// none.
std::string own_scripts(std::string_view page);
// Reads them as what runs in browsers.
void read_page_scripts(const Source& source, Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
