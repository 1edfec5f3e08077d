// Client sessions for tools that look at a site from outside, where verification may be turned off knowingly.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/tls/session.h"

namespace gatehouse::net::tls {

struct ProbeOptions {
  bool verify = true;   // off: any certificate is taken, so nothing secret may be sent
  std::string ca_file;  // the system's roots when empty
};

// A session over a connected, non-blocking socket, which stays the caller's. Name or address is checked unless
// verification is off.
Result<std::unique_ptr<Session>> probe_session(int fd, const std::string& server_name, const ProbeOptions& options);

}  // namespace gatehouse::net::tls
