#include "controls/csrf/filter.h"

#include <algorithm>

#include "base/text.h"
#include "gate/cookies.h"

namespace gatehouse::controls::csrf {
namespace {

using gate::Code;
using gate::Credential;
using gate::Refusal;

constexpr http::FieldName kAuthorization{"authorization"}, kCookie{"cookie"}, kOrigin{"origin"}, kReferer{"referer"},
    kFetchSite{"sec-fetch-site"}, kUpgrade{"upgrade"};

// Stops: cross-site WebSocket hijacking. A WebSocket begins with a GET, carries cookies and knows no same-origin
// policy.
bool opens_socket(const http::Request& r) {
  const auto upgrade = r.fields.get(kUpgrade);
  return upgrade && text::to_lower(*upgrade).find("websocket") != std::string::npos;
}

// Only a script that was allowed to can set this; Basic, Digest and Negotiate are sent by browsers on their own.
bool has_bearer(const http::Fields& fields) {
  const auto value = fields.get(kAuthorization);
  return value && text::istarts_with(*value, "bearer ");
}

std::string_view without_default_port(std::string_view scheme, std::string_view authority) {
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size()) : authority;
}

std::string_view host_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return authority;
  return authority.substr(0, colon);
}

Refusal refuse(Code code, std::string_view why, std::string_view what = {}) {
  Refusal r{code, why, {}};
  r.detail.append(what.substr(0, 80));
  return r;
}

}  // namespace

std::string_view origin_of(std::string_view referer) {
  const std::size_t scheme = referer.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::size_t end = std::min(referer.find_first_of("/?#\\", scheme + 3), referer.size());
  const std::string_view origin = referer.substr(0, end);
  // Stops: https://app.example.com@evil.example and its kin.
  return origin.find('@') == std::string_view::npos ? origin : std::string_view();
}

CsrfFilter::CsrfFilter(const CsrfSettings& settings, const gate::SiteConfig& site)
    : hosts_(site.hosts), backend_cookies_(settings.backend_cookies), cookieless_(settings.cookieless) {
  for (const conf::WebOrigin& o : settings.origins) trusted_.push_back(o.text());
}

bool CsrfFilter::ours(const gate::Exchange& x, std::string_view origin) const {
  // Whole strings only. Stops: app.example.com.evil.example, evilapp.example.com, app.example.com:444.
  if (std::find(trusted_.begin(), trusted_.end(), origin) != trusted_.end()) return true;
  // Stops: a page that a man in the middle wrote into the site's http side.
  const std::string_view scheme = x.request.scheme;
  if (origin.size() <= scheme.size() + 3 || !origin.starts_with(scheme) || origin.substr(scheme.size(), 3) != "://")
    return false;
  const std::string_view authority = origin.substr(scheme.size() + 3);
  if (std::find(hosts_.begin(), hosts_.end(), authority) != hosts_.end()) return true;
  if (authority != without_default_port(scheme, x.request.authority)) return false;
  return hosts_.empty() || std::find(hosts_.begin(), hosts_.end(), host_of(authority)) != hosts_.end();
}

bool CsrfFilter::may_be_forged(const gate::Exchange& x) const {
  const http::Request& r = x.request;
  if (http::is_safe(r.method) && !opens_socket(r)) return false;
  if (x.cookie_credential || x.identity.credential == Credential::cookie ||
      x.identity.credential == Credential::session)
    return true;
  for (const std::string& name : backend_cookies_)
    if (gate::has_cookie(r.fields, name)) return true;
  if (has_bearer(r.fields) || x.identity.credential == Credential::bearer ||
      x.identity.credential == Credential::api_key)
    return false;
  if (r.fields.has(kAuthorization)) return true;
  if (!cookieless_ && r.fields.has(kCookie)) return true;
  // Stops: signing a person in as somebody else (no cookie has to travel for that).
  return !backend_cookies_.empty() && (r.fields.has(kOrigin) || r.fields.has(kFetchSite));
}

gate::Outcome CsrfFilter::request(gate::Exchange& x) const {
  if (!may_be_forged(x)) return gate::Verdict(gate::Pass{});
  return judge(x);
}

gate::Verdict CsrfFilter::judge(const gate::Exchange& x) const {
  const http::Fields& fields = x.request.fields;
  const std::size_t origins = fields.count(kOrigin);
  const std::string_view origin = origins == 1 ? *fields.get(kOrigin) : std::string_view();

  if (const std::size_t n = fields.count(kFetchSite); n > 0) {
    const std::string_view site = *fields.get(kFetchSite);
    // Browsers write this field themselves and let no page touch it, so it decides even where a referrer policy has
    // made the Origin of the site's own form `null`.
    if (n == 1 && (site == "same-origin" || site == "none")) return gate::Pass{};
    // Stops: a sibling on another subdomain. It must be listed by its origin, as any other site.
    if (n == 1 && (site == "same-site" || site == "cross-site") && ours(x, origin)) return gate::Pass{};
    return refuse(Code::csrf_site, n == 1 ? "Sec-Fetch-Site: " : "Sec-Fetch-Site twice: ", site);
  }
  if (origins > 0) {
    if (origins == 1 && ours(x, origin)) return gate::Pass{};
    return refuse(Code::csrf_origin, origins == 1 ? "Origin: " : "Origin comes more than once", origin);
  }
  const std::string_view referer = fields.count(kReferer) == 1 ? *fields.get(kReferer) : std::string_view();
  if (referer.empty()) return refuse(Code::csrf_origin, "neither Sec-Fetch-Site nor Origin nor one Referer");
  if (ours(x, origin_of(referer))) return gate::Pass{};
  return refuse(Code::csrf_origin, "Referer of ", origin_of(referer));
}

gate::Outcome DropCookies::request(gate::Exchange& x) const {
  x.request.fields.remove(kCookie);
  return gate::Verdict(gate::Pass{});
}

}  // namespace gatehouse::controls::csrf
