// The token that opens the admin listener to the operator's own commands.
#pragma once

#include <string>

#include "base/entropy.h"
#include "base/result.h"

namespace gatehouse::app {

// The token in FOLDER/admin-token: 43 characters of base64url. Made (0600) when there is none, when what stands there
// is no token, and when others could read or write it. Problem code "state_dir".
Result<std::string> admin_token(const std::string& folder, Entropy& entropy);

}  // namespace gatehouse::app
