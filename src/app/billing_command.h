// `gatehouse billing check|orders|reconcile`: what the key may do, what was ordered, and whether Stripe agrees.
#pragma once

#include <vector>

#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> billing_commands();

}  // namespace gatehouse::app
