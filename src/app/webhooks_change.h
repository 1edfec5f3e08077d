// `gatehouse webhooks replay|discard|erase`: what an operator changes in the inbox of a running gatehouse.
#pragma once

#include <vector>

#include "app/admin_client.h"
#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> webhooks_change_commands(AskAdmin ask);

}  // namespace gatehouse::app
