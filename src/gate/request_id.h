// The request id: 128 random bits as 32 lower-case hex digits, or what a trusted proxy gave.
#pragma once

#include <string_view>

#include "gate/exchange.h"

namespace gatehouse::gate {

// x.id; made now when nobody made it yet, so that malformed requests have one too. Lives in the arena.
std::string_view ensure_id(Exchange& x);

// 8 to 64 characters of [A-Za-z0-9_-]: safe in a log line, a header, JSON and HTML as it stands.
bool is_request_id(std::string_view s);

// `bytes` random bytes as lower-case hex, in the arena. At most 32 bytes.
std::string_view random_hex(Exchange& x, std::size_t bytes);

}  // namespace gatehouse::gate
