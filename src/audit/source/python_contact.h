// Who changes the e-mail address of an account, and on what proof.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_contact(File& file);
void judge_python_contact(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
