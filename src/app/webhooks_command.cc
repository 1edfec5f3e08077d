#include "app/webhooks_command.h"

#include "app/webhooks_signature.h"

namespace gatehouse::app {

std::vector<Command> webhooks_commands(AskAdmin ask, SendTest send) {
  std::vector<Command> all = webhooks_inbox_commands(std::move(ask), std::move(send));
  for (Command& c : webhooks_signature_commands()) all.push_back(std::move(c));
  return all;
}

}  // namespace gatehouse::app
