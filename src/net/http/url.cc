#include "net/http/url.h"

#include "base/text.h"
#include "net/http/host.h"
#include "net/http/scan.h"

namespace gatehouse::http {

Result<Url> Url::parse(std::string_view s) {
  auto bad = [&](const char* why) { return fail(Source::us, "bad_url", std::string(why) + ": " + text::printable(s)); };
  Url url;
  if (text::istarts_with(s, "https://"))
    url.tls = true;
  else if (!text::istarts_with(s, "http://"))
    return bad("an address begins with http:// or https://");
  for (char c : s)
    if (!scan::is_target_byte(c)) return bad("an address holds visible ASCII only, and no fragment");

  const std::size_t from = url.tls ? 8 : 7, stop = s.find_first_of("/?", from);
  Arena arena(256);
  auto authority = normal_authority(s.substr(from, stop == s.npos ? s.npos : stop - from), arena);
  if (!authority) return bad("the host or port is malformed");
  std::string_view host = authority_host(*authority), port = authority_port(*authority);
  const std::uint16_t own = url.tls ? 443 : 80;
  url.port = port.empty() ? own : static_cast<std::uint16_t>(*text::parse_u64(port));
  url.authority = url.port == own ? host : *authority;
  url.host = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  url.target = stop == s.npos ? "/" : s.substr(stop);
  if (url.target[0] == '?') url.target.insert(0, "/");
  return url;
}

Result<Url> Url::follow(std::string_view location) const {
  // Stops: "//other.example/", which looks like a path and is another host.
  if (location.starts_with('/') && !location.starts_with("//")) return parse(origin() + std::string(location));
  if (location.starts_with("//")) return parse((tls ? "https:" : "http:") + std::string(location));
  return parse(location);
}

}  // namespace gatehouse::http
