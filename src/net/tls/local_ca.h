// A certificate authority for one development machine: made once, kept 0600, good for local names only.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "net/tls/session.h"

namespace gatehouse::net::tls {

struct LocalIdentity {
  Identity identity;
  std::string ca_file;  // the CA's certificate, to be told to a browser profile
  bool fresh = false;   // the CA was made just now
};

// Finds or makes `dir`/local-ca.{pem,key} and a leaf for localhost, *.localhost, 127.0.0.1 and ::1. The CA is
// name-constrained to those (RFC 5280 §4.2.1.10), so a stolen key speaks for nobody else. Problem code "local_ca".
Result<LocalIdentity> local_identity(const std::string& dir, const Clock& clock);

}  // namespace gatehouse::net::tls
