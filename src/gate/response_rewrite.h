// The backend's own address, kept from the client: redirects and cookie domains become the public ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gate/config.h"
#include "gate/filter.h"
#include "gate/request_rewrite.h"

namespace gatehouse::gate {

// Rewrites Location, Content-Location, Refresh and Set-Cookie of an answer.
//
// An address is the backend's when its authority is that of a server or the host_header of the upstream; it then
// becomes the public origin. An address that names the public host by the wrong scheme (a backend that does not know it
// stands behind TLS) gets the right one. A path is moved back through the route's prefixes. Everything else stays as it
// is.
class ResponseRewrite final : public Filter {
 public:
  ResponseRewrite(const RouteConfig& route, const UpstreamConfig& upstream);
  std::string_view name() const override { return "route"; }
  Outcome response(Exchange& x, http::Response& out) const override;

 private:
  std::string_view url(Exchange& x, std::string_view s) const;
  std::string_view path(Exchange& x, std::string_view s) const;
  std::string_view refresh(Exchange& x, std::string_view s) const;
  std::string_view set_cookie(Exchange& x, std::string_view s) const;
  bool own_authority(std::string_view authority) const;
  bool own_host(std::string_view host) const;

  std::vector<std::string> authorities_, hosts_;  // lower case
  PathMap paths_;
};

}  // namespace gatehouse::gate
