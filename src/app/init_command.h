// `gatehouse init`: a first gatehouse.toml from what the audit finds in a project.
#pragma once

#include "app/cli.h"

namespace gatehouse::app {

Command init_command();

}  // namespace gatehouse::app
