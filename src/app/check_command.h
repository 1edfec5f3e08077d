// gatehouse check: everything that is wrong with a configuration, at once, before anything starts.
#pragma once

#include "app/cli.h"

namespace gatehouse::app {

Command check_command();

}  // namespace gatehouse::app
