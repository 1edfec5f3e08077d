#include "app/webhooks_command.h"

#include "app/webhooks_signature.h"

namespace gatehouse::app {

std::vector<Command> webhooks_commands() { return webhooks_signature_commands(); }

}  // namespace gatehouse::app
