#include "app/admin_guard.h"

#include "base/secret.h"
#include "base/text.h"
#include "net/address.h"
#include "net/http/host.h"

namespace gatehouse::app {

bool asks_from_this_machine(const http::Request& r) {
  // Stops: a web page that talks to this port, by DNS rebinding or by a form. Browsers say Origin or Sec-Fetch-Site,
  // and a rebound name is no loopback name.
  const std::string_view host = http::authority_host(r.authority);
  const auto address = net::Address::parse(host.starts_with('[') ? host.substr(1, host.size() - 2) : host);
  const bool local = host == "localhost" || (address && address->loopback());
  return local && !r.fields.has("origin") && !r.fields.has("sec-fetch-site");
}

bool bears_admin_token(const http::Request& r, std::string_view token) {
  const auto given = r.fields.get("authorization");
  // An empty token is none: whoever forgot to make one has locked the door, not opened it.
  return given && !token.empty() && text::istarts_with(*given, "bearer ") && r.fields.count("authorization") == 1 &&
         equal_constant_time(given->substr(7), token);
}

}  // namespace gatehouse::app
