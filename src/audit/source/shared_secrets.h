// A secret of the installation that a caller has to know.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// if not TOKEN or token != TOKEN: raise, where TOKEN is read from the environment by this module.
bool asks_for_setting(const File& file, syntax::Node function);

}  // namespace gatehouse::audit::source
