// `gatehouse audit` and `gatehouse explain`.
#pragma once

#include <vector>

#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> audit_commands();

}  // namespace gatehouse::app
