// `gatehouse token verify` and `gatehouse token issue`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli.h"
#include "base/result.h"

namespace gatehouse::app {

// Gets a key set over the network: one GET, bounded in size and time, no redirects.
using FetchKeys = std::function<Result<std::string>(std::string_view url)>;

std::vector<Command> token_commands(FetchKeys fetch);

}  // namespace gatehouse::app
