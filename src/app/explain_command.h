// `gatehouse explain ID`: all about one finding.
#pragma once

#include "app/cli.h"

namespace gatehouse::app {

Command explain_command();

}  // namespace gatehouse::app
