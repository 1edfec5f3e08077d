// Listening sockets. Those of one process share an address, one for each thread; other processes must not.
#pragma once

#include <cstdint>

#include "base/conf/values.h"
#include "base/result.h"

namespace gatehouse::http {

// That nobody listens at the address yet; port 0 is always free. Problem code "listen". A Unix socket's file that
// nobody answers is left over and in nobody's way.
// Stops: a second process by mistake, to which the system would hand every other connection without a word, with an
// older policy perhaps.
Result<void> nobody_listens(const conf::ServerUrl& url);

// A listening socket with SO_REUSEPORT, so that each thread can have one of its own. Problem code "listen" with the
// address and the system's reason.
Result<int> open_listener(const conf::ServerUrl& url);
// The port a listener got (for port 0).
std::uint16_t local_port(int fd);

}  // namespace gatehouse::http
