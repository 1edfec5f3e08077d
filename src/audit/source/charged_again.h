// Charges that nobody keeps from being made twice for the same thing.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_charged_again(File& file);  // Python, and scripts of a server

}  // namespace gatehouse::audit::source
