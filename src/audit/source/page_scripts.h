// Scripts that stand in HTML pages themselves.
#pragma once

#include <string>
#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// The page with everything blanked that is no script of its own, so that lines stay where they are; empty when it has
// none.
std::string own_scripts(std::string_view page);
// What runs in browsers and nowhere else: all that is asked of such code.
void read_page(File& file);
// Reads the scripts of a page, and of a component of Vue or Svelte, as what runs in browsers.
void read_page_scripts(const Source& source, Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
