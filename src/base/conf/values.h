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

// "10s", "5m", "24h", "7d", "250ms". Not negative.
Result<Duration> parse_duration(std::string_view s);
std::string format_duration(Duration d);

// "64KiB", "1MiB", "512" (bytes).
Result<std::uint64_t> parse_size(std::string_view s);
std::string format_size(std::uint64_t bytes);

// "600/min", "5/m", "20/second", "5/day": `count` events in `period`.
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
  std::string scheme;       // http, https, unix
  std::string host;         // name, IPv4, or IPv6 without brackets; the socket path for unix
  std::uint16_t port = 0;   // 0 for unix
  std::string text;         // as written
  static Result<ServerUrl> parse(std::string_view s);
};

// Where a listener stands: http://0.0.0.0:80, https://[::]:443, http://127.0.0.1:8080, unix:/run/x.sock.
using ListenUrl = ServerUrl;

// IPv4 or IPv6 network, "10.0.0.0/8"; a lone address is /32 or /128. Bits past the prefix must be zero.
struct Cidr {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};
  int prefix = 0;
  std::string text;
  static Result<Cidr> parse(std::string_view s);
};

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
