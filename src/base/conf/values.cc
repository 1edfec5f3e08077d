#include "base/conf/values.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace gatehouse::conf {
namespace {

using text::parse_u64;

tl::unexpected<Problem> bad(std::string what) { return fail(Source::us, "bad_value", std::move(what)); }

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr Unit kUnits[] = {{"ms", std::chrono::milliseconds(1)},
                           {"s", std::chrono::seconds(1)},
                           {"m", std::chrono::minutes(1)},
                           {"h", std::chrono::hours(1)},
                           {"d", std::chrono::hours(24)}};
constexpr Unit kPeriods[] = {{"s", std::chrono::seconds(1)},      {"sec", std::chrono::seconds(1)},
                             {"second", std::chrono::seconds(1)}, {"m", std::chrono::minutes(1)},
                             {"min", std::chrono::minutes(1)},    {"minute", std::chrono::minutes(1)},
                             {"h", std::chrono::hours(1)},        {"hour", std::chrono::hours(1)},
                             {"d", std::chrono::hours(24)},       {"day", std::chrono::hours(24)}};
constexpr Duration kLongest = std::chrono::hours(24 * 36525);

struct Scale {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr Scale kSizes[] = {{"", 1}, {"B", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};

std::size_t digits(std::string_view s) {
  std::size_t n = 0;
  while (n < s.size() && text::is_digit(s[n])) ++n;
  return n;
}

bool all_digits(std::string_view s) { return !s.empty() && digits(s) == s.size(); }

// The same IPv6 address as everybody writes it, or nothing.
std::string canonical_v6(std::string_view s) {
  in6_addr address{};
  char buffer[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, std::string(s).c_str(), &address) != 1) return {};
  return inet_ntop(AF_INET6, &address, buffer, sizeof buffer) ? buffer : std::string();
}

bool is_v4(std::string_view s) {
  in_addr address{};
  return s.find('\0') == s.npos && inet_pton(AF_INET, std::string(s).c_str(), &address) == 1;
}
bool is_v6(std::string_view s) { return s.find('\0') == s.npos && !canonical_v6(s).empty(); }

struct Authority {
  std::string host;
  std::uint16_t port = 0;
};

// host[:port], the host in lower case. A name of digits only is no name: another reader would take it for an address.
Result<Authority> authority(std::string_view s, std::uint16_t default_port, bool underscores) {
  Authority a;
  a.port = default_port;
  if (s.find('@') != s.npos) return bad("user and password do not belong into an address");
  if (auto at = s.find_first_of("/?#"); at != s.npos) return bad("nothing may follow host and port, not even a slash");
  std::string_view port;
  if (s.starts_with('[')) {
    std::size_t close = s.find(']');
    if (close == s.npos) return bad("the bracket of the IPv6 address does not close");
    if (!is_v6(s.substr(1, close - 1))) return bad("this is no IPv6 address");
    a.host = canonical_v6(s.substr(1, close - 1));
    std::string_view rest = s.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') return bad("only :port may follow the IPv6 address");
    port = rest;
  } else {
    std::size_t colon = s.find(':');
    if (colon != s.npos && s.find(':', colon + 1) != s.npos) return bad("an IPv6 address needs brackets: [::1]:8080");
    a.host = text::to_lower(s.substr(0, colon));
    if (a.host.empty()) return bad("the host is missing");
    if (a.host.find('*') != a.host.npos) return bad("a wildcard is no host: write each one out");
    if (!is_v4(a.host) && !is_host_name(a.host, underscores)) return bad("the host is neither a name nor an address");
    if (colon != s.npos) port = s.substr(colon);
  }
  if (!port.empty()) {
    auto n = parse_u64(port.substr(1));
    if (!n || *n > 65535 || port.size() > 6) return bad("the port must be a number from 1 to 65535");
    a.port = static_cast<std::uint16_t>(*n);
  }
  return a;
}

}  // namespace

Result<Duration> parse_duration(std::string_view s) {
  std::size_t n = digits(s);
  auto count = parse_u64(s.substr(0, n));
  for (const Unit& u : kUnits) {
    if (!count || s.substr(n) != u.name) continue;
    if (*count > static_cast<std::uint64_t>(kLongest / u.length)) return bad("longer than 100 years");
    return u.length * static_cast<std::int64_t>(*count);
  }
  return bad("a duration is a whole number with a unit: 250ms, 10s, 5m, 24h or 7d");
}

std::string format_duration(Duration d) {
  for (std::size_t i = std::size(kUnits); i-- > 0;)
    if (d % kUnits[i].length == Duration::zero() && (d != Duration::zero() || kUnits[i].name == "s"))
      return std::to_string(d / kUnits[i].length) + std::string(kUnits[i].name);
  return std::to_string(d / kUnits[0].length) + "ms";
}

Result<std::uint64_t> parse_size(std::string_view s) {
  std::size_t n = digits(s);
  auto count = parse_u64(s.substr(0, n));
  for (const Scale& u : kSizes) {
    if (!count || s.substr(n) != u.name) continue;
    if (*count > UINT64_MAX / u.bytes) return bad("more bytes than a machine can count");
    return *count * u.bytes;
  }
  return bad("a size is a whole number of bytes, or with a unit: 512, 64KiB, 1MiB or 2GiB");
}

std::string format_size(std::uint64_t bytes) {
  for (std::size_t i = std::size(kSizes); i-- > 2;)
    if (bytes != 0 && bytes % kSizes[i].bytes == 0)
      return std::to_string(bytes / kSizes[i].bytes) + std::string(kSizes[i].name);
  return std::to_string(bytes);
}

Result<Rate> parse_rate(std::string_view s) {
  std::size_t slash = s.find('/');
  auto count = parse_u64(s.substr(0, slash));
  if (!count || slash == s.npos) return bad("a rate is a count and a period: 600/min, 20/s, 5/day or 100/10m");
  if (*count == 0 || *count > UINT32_MAX) return bad("the count of a rate is from 1 to 4294967295");
  std::string_view period = s.substr(slash + 1);
  for (const Unit& u : kPeriods)
    if (period == u.name) return Rate{static_cast<std::uint32_t>(*count), u.length};
  auto length = parse_duration(period);
  if (!length || *length == Duration::zero())
    return bad("the period of a rate is s, min, hour, day or a duration such as 10m");
  return Rate{static_cast<std::uint32_t>(*count), *length};
}

std::string format_rate(const Rate& r) {
  std::string count = std::to_string(r.count) + "/";
  if (r.period == std::chrono::seconds(1)) return count + "s";
  if (r.period == std::chrono::minutes(1)) return count + "min";
  if (r.period == std::chrono::hours(1)) return count + "hour";
  if (r.period == std::chrono::hours(24)) return count + "day";
  return count + format_duration(r.period);
}

Result<WebOrigin> WebOrigin::parse(std::string_view s) {
  WebOrigin o;
  if (s == "null") return bad("`null` is every sandboxed page's origin: it names nobody");
  if (text::istarts_with(s, "https://")) {
    o.scheme_ = "https";
  } else if (text::istarts_with(s, "http://")) {
    o.scheme_ = "http";
  } else {
    return bad(s == "*" ? "`*` is everybody: write each origin out, https://app.example.com"
                        : "an origin begins with https:// or http://, for example https://app.example.com");
  }
  std::uint16_t standard = o.scheme_ == "https" ? 443 : 80;
  auto a = authority(s.substr(o.scheme_.size() + 3), standard, false);
  if (!a) return fail(std::move(a.error()));
  if (a->port == 0) return bad("the port must be a number from 1 to 65535");
  o.host_ = a->host;
  o.port_ = a->port;
  bool v6 = o.host_.find(':') != o.host_.npos;
  o.text_ = o.scheme_ + "://" + (v6 ? "[" + o.host_ + "]" : o.host_);
  if (o.port_ != standard) o.text_ += ":" + std::to_string(o.port_);
  return o;
}

Result<ServerUrl> ServerUrl::parse(std::string_view s) {
  ServerUrl u;
  u.text = s;
  if (s.starts_with("unix:")) {
    u.scheme = "unix";
    u.host = s.substr(5);
    if (!u.host.starts_with('/')) return bad("a socket path is absolute: unix:/run/app.sock");
    if (u.host.size() > 107) return bad("a socket path has at most 107 bytes");
    if (u.host.find('\0') != u.host.npos) return bad("a socket path holds no NUL byte");
    return u;
  }
  if (s.starts_with("https://")) {
    u.scheme = "https";
  } else if (s.starts_with("http://")) {
    u.scheme = "http";
  } else {
    return bad("an address begins with http://, https:// or unix:, for example http://127.0.0.1:8000");
  }
  auto a = authority(s.substr(u.scheme.size() + 3), u.scheme == "https" ? 443 : 80, true);
  if (!a) return fail(std::move(a.error()));
  u.host = a->host;
  u.port = a->port;
  return u;
}

bool ServerUrl::loopback() const {
  if (scheme == "unix") return true;
  if (host == "localhost" || host.ends_with(".localhost") || host == "::1") return true;
  return is_v4(host) && host.starts_with("127.");
}

Result<Cidr> Cidr::parse(std::string_view s) {
  Cidr c;
  c.text = s;
  std::size_t slash = s.find('/');
  std::string address(s.substr(0, slash));
  c.v6 = address.find(':') != address.npos;
  std::uint8_t* at = c.bytes.data() + (c.v6 ? 0 : 12);
  if (address.find('\0') != address.npos || inet_pton(c.v6 ? AF_INET6 : AF_INET, address.c_str(), at) != 1)
    return bad("a network is an address with a prefix: 10.0.0.0/8 or 2001:db8::/32");
  if (!c.v6) c.bytes[10] = c.bytes[11] = 0xff;
  int bits = c.v6 ? 128 : 32;
  c.prefix = bits;
  if (slash != s.npos) {
    std::string_view prefix = s.substr(slash + 1);
    auto n = parse_u64(prefix);
    if (!n || *n > static_cast<std::uint64_t>(bits) || (prefix.size() > 1 && prefix[0] == '0'))
      return bad("the prefix must be a number from 0 to " + std::to_string(bits));
    c.prefix = static_cast<int>(*n);
  }
  for (int bit = c.prefix; bit < bits; ++bit)
    if (at[bit / 8] >> (7 - bit % 8) & 1) return bad("bits are set past the prefix: this is a host, not a network");
  return c;
}

bool is_host_name(std::string_view s, bool underscores) {
  if (s.empty() || s.size() > 253) return false;
  std::string_view last;
  for (std::string_view label : text::split(s, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    for (char c : label)
      if (!text::is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && !(c == '_' && underscores)) return false;
    last = label;
  }
  // Stops: 2130706433 and 0x7f.1, which some resolvers take for 127.0.0.1.
  return !all_digits(last) && !last.starts_with("0x");
}

bool is_ip_literal(std::string_view s) { return is_v4(s) || is_v6(s); }

bool is_token(std::string_view s) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !s.empty() && std::all_of(s.begin(), s.end(), [&](char c) {
    return text::is_alpha(c) || text::is_digit(c) || kMarks.find(c) != kMarks.npos;
  });
}

bool looks_like_secret(std::string_view s) {
  struct Shape {
    std::string_view prefix;
    std::size_t rest;  // letters, digits, '-' and '_' that must follow
  };
  // Public keys (pk_live_ …) and ids are no secrets.
  constexpr Shape kShapes[] = {{"sk_live_", 16},   {"sk_test_", 16}, {"rk_live_", 16},    {"rk_test_", 16},
                               {"whsec_", 16},     {"sk-ant-", 16},  {"sk-proj-", 16},    {"ghp_", 30},
                               {"gho_", 30},       {"ghs_", 30},     {"github_pat_", 30}, {"glpat-", 16},
                               {"xoxb-", 16},      {"xoxp-", 16},    {"AKIA", 16},        {"AIza", 30},
                               {"sb_secret_", 16}, {"re_", 30},      {"SG.", 20},         {"npm_", 30}};
  if (s.find("PRIVATE KEY-----") != s.npos) return true;
  auto fits = [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_'; };
  for (const Shape& shape : kShapes) {
    for (std::size_t at = s.find(shape.prefix); at != s.npos; at = s.find(shape.prefix, at + 1)) {
      if (at > 0 && fits(s[at - 1])) continue;
      std::string_view rest = s.substr(at + shape.prefix.size());
      auto n = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), fits) - rest.begin());
      bool digit = std::any_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(n), text::is_digit);
      if (n >= shape.rest && digit) return true;
    }
  }
  return false;
}

std::string SecretRef::text() const {
  return kind == Kind::env ? "env:" + name : kind == Kind::file ? "file:" + name : std::string();
}

}  // namespace gatehouse::conf
