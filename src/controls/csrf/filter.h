// Asks the browser where a write comes from: Sec-Fetch-Site (W3C Fetch Metadata), then Origin (RFC 6454), then Referer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controls/csrf/control.h"
#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::csrf {

class CsrfFilter final : public gate::Filter {
 public:
  CsrfFilter(const CsrfSettings& settings, const gate::SiteConfig& site);
  std::string_view name() const override { return "csrf"; }
  // csrf_site: the browser says that another site sent it. csrf_origin: the origin is foreign, `null`, doubled or not
  // told. Safe methods pass, but for a WebSocket's; so does what no browser sends on its own (see may_be_forged).
  gate::Outcome request(gate::Exchange& x) const override;

  // Could a page elsewhere have made a browser send this with a credential of its own accord?
  bool may_be_forged(const gate::Exchange& x) const;
  // Is this serialized origin the request's own, another name of the site, or a listed one?
  bool ours(const gate::Exchange& x, std::string_view origin) const;

 private:
  gate::Verdict judge(const gate::Exchange& x) const;

  std::vector<std::string> trusted_, hosts_, backend_cookies_;
  bool cookieless_;
};

// On a cookieless route no cookie reaches the backend.
class DropCookies final : public gate::Filter {
 public:
  std::string_view name() const override { return "csrf"; }
  gate::Outcome request(gate::Exchange& x) const override;
};

// scheme://host[:port] of a Referer; empty when it is none, or carries user information.
std::string_view origin_of(std::string_view referer);

}  // namespace gatehouse::controls::csrf
