// Tokens that a server takes out of the query: what signs somebody in stands in every log of every hop.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_address_tokens(File& file);
// After the last file: those of JavaScript, or those of Python.
void judge_address_tokens(const Project& project, bool python, Sink& sink);

}  // namespace gatehouse::audit::source
