// Client sessions for tools that look at a site from outside, where verification may be turned off knowingly.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/tls/session.h"

namespace gatehouse::net::tls {

// What a client says it can speak.
enum class Offer : unsigned char {
  usual,         // what is safe today
  old_versions,  // TLS 1.0 and 1.1 only (RFC 8996 forbids both)
  weak_suites,  // TLS 1.2 with key exchanges that keep no secret once the server's key is known, and with no encryption
};

struct ProbeOptions {
  bool verify = true;          // off: any certificate is taken, so nothing secret may be sent
  Offer offer = Offer::usual;  // any other turns verification off
  std::string ca_file;         // the system's roots when empty
};

// A session over a connected, non-blocking socket, which stays the caller's. Name or address is checked unless
// verification is off.
Result<std::unique_ptr<Session>> probe_session(int fd, const std::string& server_name, const ProbeOptions& options);

}  // namespace gatehouse::net::tls
