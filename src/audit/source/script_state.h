// What one visitor leaves in a variable that every visitor shares.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

bool somebodys_state(std::string_view name);  // a name of what belongs to one visitor: currentUser, otp, history
void read_shared_state(File& file);

}  // namespace gatehouse::audit::source
