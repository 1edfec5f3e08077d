// The address that an account is opened by, and its password reset by, in scripts: who changes it, and on what proof.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_contact_changes(File& file);
void judge_contact_changes(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
