// Proofs that prove nothing: fixed codes, comparisons nobody waits for, second factors nobody asks for.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_factors(File& file);
void judge_factors(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
