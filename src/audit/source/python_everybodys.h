// Lists of what belongs to somebody that are given whole to everybody who has an account.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_everybodys(File& file);
void judge_python_everybodys(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
