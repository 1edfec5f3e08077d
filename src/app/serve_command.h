// `gatehouse serve`: judges the configuration, opens the ports, serves until told to stop. `gatehouse reload`.
#pragma once

#include <vector>

#include "app/admin_client.h"
#include "app/cli.h"

namespace gatehouse::app {

// serve and reload; the latter asks a running serve through `ask`.
std::vector<Command> serve_commands(AskAdmin ask);

}  // namespace gatehouse::app
