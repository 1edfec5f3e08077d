// Settings that a server of JavaScript uses as they come.
#pragma once

#include <memory>

#include "audit/check.h"

namespace gatehouse::audit::source {

// Secrets that are used, or replaced by a word, and never asked for at the start.
std::unique_ptr<Check> environment_check();

}  // namespace gatehouse::audit::source
