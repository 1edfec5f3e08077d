// The authority of a request: host[:port], judged and lower-cased.
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"

namespace gatehouse::http {

// Host as a client may write it (RFC 9110 §7.2, narrowed): a name of letters, digits, '-', '_' and single dots (at most
// 253 bytes, labels at most 63, no dot at either end), an IPv4 address or an IPv6 address in brackets; then nothing or
// ":" and a port from 1 to 65535 without leading zeros. No user name, no percent-encoding, no zone, nothing beyond
// ASCII. The result is lower case: a view of `s` when it was so already, else a copy in the arena. The port stays as
// sent, a scheme's default port too. Nothing when `s` is anything else.
std::optional<std::string_view> normal_authority(std::string_view s, Arena& arena);

// "example.com:8080" -> "example.com"; "[::1]:80" -> "[::1]". For authorities that normal_authority made.
std::string_view authority_host(std::string_view authority);
// The digits after the host's colon; empty when there is no port.
std::string_view authority_port(std::string_view authority);

}  // namespace gatehouse::http
