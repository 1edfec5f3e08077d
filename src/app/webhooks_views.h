// `gatehouse webhooks list|show|stats|anomalies`: what stands in the inbox of a running gatehouse.
#pragma once

#include <vector>

#include "app/admin_client.h"
#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> webhooks_view_commands(AskAdmin ask);

}  // namespace gatehouse::app
