// `gatehouse why REQUEST_ID`: what the log says of a request, which rule decided, where it is written and what helps.
#pragma once

#include "app/cli.h"

namespace gatehouse::app {

Command why_command();

}  // namespace gatehouse::app
