// http and https addresses as the client needs them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gatehouse::http {

// An absolute http(s) address without user name and fragment (RFC 3986 §3, narrowed).
struct Url {
  bool tls = false;
  std::string host;        // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  // the scheme's own when the text named none
  std::string authority;   // as the Host field carries it: without the scheme's own port
  std::string target;      // path and query, begins with '/'

  static Result<Url> parse(std::string_view s);
  // What a Location header means when it was read at this address: absolute, or beginning with '/'.
  Result<Url> follow(std::string_view location) const;
  std::string origin() const { return (tls ? "https://" : "http://") + authority; }
};

}  // namespace gatehouse::http
