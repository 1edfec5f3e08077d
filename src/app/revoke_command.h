// `gatehouse revoke session|subject|all|list|lift`: ends sessions at once, whatever their tokens say.
#pragma once

#include <vector>

#include "app/admin_client.h"
#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> revoke_commands(AskAdmin ask);

}  // namespace gatehouse::app
