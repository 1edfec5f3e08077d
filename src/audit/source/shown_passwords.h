// Passwords that a page shows, fills in or sends by itself.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void judge_shown_passwords(File& file);

}  // namespace gatehouse::audit::source
