// `gatehouse webhooks verify` and `gatehouse webhooks sign`: a provider's signature, judged and made at a desk.
#pragma once

#include <vector>

#include "app/cli.h"

namespace gatehouse::app {

std::vector<Command> webhooks_signature_commands();

}  // namespace gatehouse::app
