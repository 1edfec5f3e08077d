#include "app/webhooks_command.h"

#include <utility>

#include "app/webhooks_change.h"
#include "app/webhooks_signature.h"
#include "app/webhooks_views.h"

namespace gatehouse::app {

std::vector<Command> webhooks_commands(AskAdmin ask, SendTest send) {
  std::vector<Command> all = webhooks_view_commands(ask);
  for (auto more :
       {webhooks_change_commands(ask), webhooks_test_commands(ask, std::move(send)), webhooks_signature_commands()})
    for (Command& c : more) all.push_back(std::move(c));
  return all;
}

}  // namespace gatehouse::app
