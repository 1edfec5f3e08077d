// `gatehouse serve`: judges the configuration, opens the ports, serves until told to stop.
#pragma once

#include <vector>

#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> serve_commands();

}  // namespace gatehouse::app
