// Doors at which a new password is taken without the rule that others in the project are held against.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_new_passwords(File& file);
// After the last file, and after what is said where no rule exists at all.
void judge_new_passwords(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
