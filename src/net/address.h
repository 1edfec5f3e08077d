// IP addresses as 16 bytes, IPv4 mapped into IPv6 (RFC 4291 §2.5.5.2).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/conf/values.h"

namespace gatehouse::net {

struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;
  bool local_socket = false;  // a Unix socket peer: no address

  // "192.0.2.1", "2001:db8::1"; no port, no brackets, no zone, no leading zeros.
  static std::optional<Address> parse(std::string_view s);
  // Writes at most 45 characters, returns the view into `out`.
  std::string_view write(std::array<char, 46>& out) const;
  std::string text() const;
  bool loopback() const;
  bool in(const conf::Cidr& network) const;
  // What limits count by: the IPv4 address, or the /64 of an IPv6 one. Zeroed beyond.
  Address client_prefix() const;
  bool operator==(const Address&) const = default;
};

}  // namespace gatehouse::net
