// `gatehouse webhooks list|show|stats|anomalies`: what stands in the inbox of a running gatehouse.
#pragma once

#include <functional>
#include <vector>

#include "app/admin_client.h"
#include "app/cli.h"

namespace gatehouse::app {

// How long `list --watch` waits between two looks; a test of the command does not.
using Pause = std::function<void()>;
void one_second();

std::vector<Command> webhooks_view_commands(AskAdmin ask, Pause pause = one_second);

}  // namespace gatehouse::app
