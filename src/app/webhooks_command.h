// `gatehouse webhooks …`.
#pragma once

#include <vector>

#include "app/webhooks_inbox.h"

namespace gatehouse::app {

std::vector<Command> webhooks_commands(AskAdmin ask, SendTest send);

}  // namespace gatehouse::app
