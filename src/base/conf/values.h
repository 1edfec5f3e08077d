// Values that cannot be wrong: each is made only by a parser that checked it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/conf/finding.h"
#include "base/result.h"

namespace gatehouse::conf {

// Problems of these parsers have the code "bad_value"; their detail is one sentence that names the right form.

// "10s", "5m", "24h", "7d", "250ms": whole numbers, one unit. Not negative, at most 100 years.
Result<Duration> parse_duration(std::string_view s);
std::string format_duration(Duration d);

// "64KiB", "1MiB", "2GiB", "512" (bytes).
Result<std::uint64_t> parse_size(std::string_view s);
std::string format_size(std::uint64_t bytes);

// "600/min", "5/m", "20/second", "5/day", "100/10m": `count` events in `period`; count from 1 to 4294967295.
struct Rate {
  std::uint32_t count = 0;
  Duration period{};
  bool operator==(const Rate&) const = default;
};
Result<Rate> parse_rate(std::string_view s);
std::string format_rate(const Rate& r);

// scheme://host[:port], http or https, no path, lower case, default port left out (RFC 6454 §6.2).
class WebOrigin {
 public:
  static Result<WebOrigin> parse(std::string_view s);
  const std::string& text() const { return text_; }  // as a browser writes it in Origin
  const std::string& scheme() const { return scheme_; }
  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }
  bool operator==(const WebOrigin& o) const { return text_ == o.text_; }

 private:
  std::string text_, scheme_, host_;
  std::uint16_t port_ = 0;
};

// A server address: http://h:p, https://h:p, unix:/path.sock. A path is refused: rewriting is a route's work.
struct ServerUrl {
  std::string scheme;      // http, https, unix
  std::string host;        // name, IPv4, or IPv6 without brackets; the socket path for unix
  std::uint16_t port = 0;  // 0 for unix
  std::string text;        // as written
  static Result<ServerUrl> parse(std::string_view s);
  // Only this machine can reach it: a Unix socket, localhost, 127.0.0.0/8 or ::1.
  bool loopback() const;
};

// Where a listener stands: http://0.0.0.0:80, https://[::]:443, http://127.0.0.1:8080, unix:/run/x.sock.
using ListenUrl = ServerUrl;

// IPv4 or IPv6 network, "10.0.0.0/8"; a lone address is /32 or /128. Bits past the prefix must be zero.
struct Cidr {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // IPv4 mapped into IPv6: ::ffff:a.b.c.d
  int prefix = 0;                        // of the address as written: 0 to 32 for IPv4, 0 to 128 for IPv6
  std::string text;
  static Result<Cidr> parse(std::string_view s);
};

// A DNS name in its ASCII form, lower case, without wildcards, final dot or port (RFC 1123 §2.1); `underscores` are
// for the inner names of container networks.
bool is_host_name(std::string_view s, bool underscores = false);
// Four decimal numbers without leading zeros, or an IPv6 address without brackets and zone.
bool is_ip_literal(std::string_view s);
// A token of RFC 9110 §5.6.2: what a header name or a method is made of.
bool is_token(std::string_view s);
// Has the form of a well-known provider's key, a private key block, or the like.
bool looks_like_secret(std::string_view s);

// Where a secret can be found. Never the secret itself.
struct SecretRef {
  enum class Kind : unsigned char { none, env, file } kind = Kind::none;
  std::string name;  // variable name or path
  Place place;
  std::string key;  // the configuration key that asked for it
  bool set() const { return kind != Kind::none; }
  std::string text() const;  // "env:STRIPE_SECRET_KEY"
};

}  // namespace gatehouse::conf
