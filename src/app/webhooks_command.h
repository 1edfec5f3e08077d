// `gatehouse webhooks …`.
#pragma once

#include <string_view>
#include <vector>

#include "app/webhooks_test_event.h"

namespace gatehouse::app {

// How every command about the inbox may end.
inline constexpr std::string_view kInboxExits =
    "\nexit codes: 0 done; 1 the answer is no (there is no such event, the test was refused); 2 the command line "
    "cannot be used; 3 the running gatehouse could not be asked.\n";

std::vector<Command> webhooks_commands(AskAdmin ask, SendTest send);

}  // namespace gatehouse::app
