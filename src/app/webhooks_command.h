// `gatehouse webhooks …`.
#pragma once

#include <vector>

#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> webhooks_commands();

}  // namespace gatehouse::app
