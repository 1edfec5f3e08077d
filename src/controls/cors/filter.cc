#include "controls/cors/filter.h"

#include <string>

namespace gatehouse::controls::cors {
namespace {

constexpr http::FieldName kCookie{"Cookie"};
constexpr http::FieldName kOrigin{"Origin"};
constexpr http::FieldName kUpgrade{"Upgrade"};
constexpr http::FieldName kVary{"Vary"};
constexpr http::FieldName kRequestMethod{"Access-Control-Request-Method"};
constexpr http::FieldName kAllowOrigin{"Access-Control-Allow-Origin"};
constexpr http::FieldName kAllowCredentials{"Access-Control-Allow-Credentials"};
constexpr http::FieldName kAllowMethods{"Access-Control-Allow-Methods"};
constexpr http::FieldName kAllowHeaders{"Access-Control-Allow-Headers"};
constexpr http::FieldName kExposeHeaders{"Access-Control-Expose-Headers"};
constexpr http::FieldName kMaxAge{"Access-Control-Max-Age"};
constexpr std::string_view kOurs = "access-control-";

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& p : parts) out.append(out.empty() ? "" : ", ").append(p);
  return out;
}

bool is_preflight(const http::Request& r) {
  return r.method == http::Method::options && r.fields.has(kRequestMethod) && r.fields.has(kOrigin);
}

// scheme://authority, with a default port left out as browsers do. Byte for byte: browsers send lower case.
bool is_own(const http::Request& r, std::string_view origin) {
  std::string_view authority = r.authority;
  std::string_view port = r.scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) authority.remove_suffix(port.size());
  return !authority.empty() && origin.size() == r.scheme.size() + 3 + authority.size() &&
         origin.starts_with(r.scheme) && origin.substr(r.scheme.size(), 3) == "://" && origin.ends_with(authority);
}

// Does a Vary value name Origin, or everything?
bool varies_by_origin(std::string_view value) {
  for (;;) {
    auto comma = value.find(',');
    std::string_view one = text::trim(value.substr(0, comma));
    if (one == "*" || text::iequals(one, "origin")) return true;
    if (comma == std::string_view::npos) return false;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace

CorsFilter::CorsFilter(const CorsSettings& s, const std::vector<std::string>& route_methods)
    : any_(s.any_origin),
      credentials_(s.credentials && !s.any_origin),
      headers_(join(s.headers)),
      expose_(join(s.expose)),
      max_age_(std::to_string(std::chrono::duration_cast<std::chrono::seconds>(s.max_age).count())) {
  for (const conf::WebOrigin& o : s.origins) origins_.push_back(o.text());
  const auto& methods = s.methods.empty() ? route_methods : s.methods;
  methods_ = methods.empty() ? "GET, HEAD, POST, PUT, PATCH, DELETE" : join(methods);
}

CorsFilter::Whose CorsFilter::judge(const gate::Exchange& x, std::string_view origin, std::string_view& listed) const {
  // Stops: look-alikes (suffix, prefix, another port or scheme, case, trailing dot) and `null`: only equality counts.
  for (const std::string& o : origins_)
    if (o == origin) return listed = o, Whose::listed;
  if (is_own(x.request, origin) || (!origin.empty() && origin == x.scheme_host)) return Whose::own;
  if (any_) return listed = "*", Whose::listed;
  return Whose::foreign;
}

void CorsFilter::allow(http::Fields& fields, std::string_view origin) const {
  fields.add(kAllowOrigin, origin);
  if (credentials_) fields.add(kAllowCredentials, "true");
}

http::Response CorsFilter::preflight(gate::Exchange& x) const {
  http::Response out(x.arena);
  out.status = 204;
  if (!x.cors_origin.empty()) allow(out.fields, x.cors_origin);
  out.fields.add(kAllowMethods, methods_);
  out.fields.add(kAllowHeaders, headers_);
  out.fields.add(kMaxAge, max_age_);
  out.fields.add(kVary, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  return out;
}

gate::Outcome CorsFilter::request(gate::Exchange& x) const {
  std::string_view origin;
  int origins = 0;
  bool upgrade = false, cookie = false;
  for (const http::Field& f : x.request.fields) {
    if (f.is(kOrigin)) origin = f.value, ++origins;
    upgrade |= f.is(kUpgrade);
    cookie |= f.is(kCookie);
  }
  if (origins == 0) return gate::Verdict(gate::Pass{});
  std::string_view listed;
  // Stops: two Origin fields, of which we might judge one and the backend the other.
  Whose whose = origins > 1 ? Whose::foreign : judge(x, origin, listed);
  x.cors_origin = listed;
  bool asks = is_preflight(x.request);
  if (whose == Whose::foreign) {
    // Stops: a hostile page that writes with a simple request, which needs no preflight, or opens a WebSocket, which
    // CORS does not cover. Where a cookie travels the write is csrf's to judge: it knows who else may write here.
    if (asks || (!cookie && (upgrade || !http::is_safe(x.request.method))))
      return gate::Verdict(gate::Refusal{gate::Code::cors_origin, gate::Detail("origin ").append(origin)});
    return gate::Verdict(gate::Pass{});
  }
  if (asks) return gate::Verdict(gate::Reply{preflight(x)});
  return gate::Verdict(gate::Pass{});
}

gate::Outcome CorsFilter::response(gate::Exchange& x, http::Response& out) const {
  // No backend sees a preflight, so its answer is ours already.
  if (is_preflight(x.request)) return gate::Verdict(gate::Pass{});
  bool varies = false;
  // Stops: a backend that reflects any origin, and two Access-Control-Allow-Origin lines.
  out.fields.remove_if([&varies](const http::Field& f) {
    if (f.is(kVary)) varies |= varies_by_origin(f.value);
    return text::lower(f.name.empty() ? ' ' : f.name.front()) == 'a' && text::istarts_with(f.name, kOurs);
  });
  if (!x.cors_origin.empty()) {
    allow(out.fields, x.cors_origin);
    if (!expose_.empty()) out.fields.add(kExposeHeaders, expose_);
  }
  // Stops: a cache that gives one origin's answer to another. Also when Origin was absent or foreign.
  if (!origins_.empty() && !varies) out.fields.add(kVary, "Origin");
  return gate::Verdict(gate::Pass{});
}

}  // namespace gatehouse::controls::cors
