// Whom the admin listener answers.
#pragma once

#include <string_view>

#include "net/http/message.h"

namespace gatehouse::app {

// A program on this machine, and no web page in a browser on it.
bool asks_from_this_machine(const http::Request& r);

// The request carries the admin token, once and as a Bearer token. Compared in constant time.
bool bears_admin_token(const http::Request& r, std::string_view token);

}  // namespace gatehouse::app
