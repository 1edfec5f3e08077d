// Functions of a server's module that are neither given away nor named anywhere in it: older attempts that were left
// standing. What is wrong in them happens to nobody.
#pragma once

#include <memory>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_dead_functions(File& file);
// Takes back what was found in them alone; secrets count wherever they stand.
std::unique_ptr<Check> dead_functions_check();

}  // namespace gatehouse::audit::source
