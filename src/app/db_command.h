// `gatehouse db …`: the database of a gatehouse, running or not.
#pragma once

#include <vector>

#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> db_commands();

}  // namespace gatehouse::app
