// Addresses that a server signs for the browser to put files to, or to get them from.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_signed_uploads(File& file);
// After the last file: those of JavaScript, or those of Python.
void judge_signed_uploads(const Project& project, bool python, Sink& sink);

}  // namespace gatehouse::audit::source
