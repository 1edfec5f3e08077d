#include "net/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace gatehouse::net {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool same_bits(const std::uint8_t* a, const std::uint8_t* b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(a, b, whole) != 0) return false;
  return bits % 8 == 0 || (a[whole] ^ b[whole]) >> (8 - bits % 8) == 0;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view s) {
  std::array<char, 46> z{};
  if (s.empty() || s.size() >= z.size() || s.find('\0') != s.npos) return std::nullopt;
  std::memcpy(z.data(), s.data(), s.size());
  Address a;
  if (s.find(':') == s.npos) {
    // inet_pton takes four decimal parts only. Stops: 0177.0.0.1 and 2130706433 as other names of 127.0.0.1.
    if (inet_pton(AF_INET, z.data(), a.bytes.data() + 12) != 1) return std::nullopt;
    std::memcpy(a.bytes.data(), kMapped.data(), kMapped.size());
    return a;
  }
  if (inet_pton(AF_INET6, z.data(), a.bytes.data()) != 1) return std::nullopt;
  // Stops: ::ffff:192.0.2.1 counted and judged apart from 192.0.2.1.
  a.v6 = std::memcmp(a.bytes.data(), kMapped.data(), kMapped.size()) != 0;
  return a;
}

std::string_view Address::write(std::array<char, 46>& out) const {
  if (local_socket) return "unix";
  if (!v6) {  // every request of most sites: without the printf that inet_ntop is made of
    char* at = out.data();
    for (std::size_t i = 12; i < 16; ++i) {
      if (i > 12) *at++ = '.';
      at = std::to_chars(at, out.data() + out.size(), static_cast<unsigned>(bytes[i])).ptr;
    }
    *at = '\0';
    return {out.data(), static_cast<std::size_t>(at - out.data())};
  }
  inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return out.data();
}

std::string Address::text() const {
  std::array<char, 46> out{};
  return std::string(write(out));
}

bool Address::loopback() const {
  if (local_socket) return true;
  if (!v6) return bytes[12] == 127;
  static constexpr std::array<std::uint8_t, 16> kOne = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return bytes == kOne;
}

bool Address::in(const conf::Cidr& network) const {
  if (local_socket) return false;
  const int bits = network.v6 ? network.prefix : 96 + network.prefix;
  // An IPv4 address stands in an IPv6 network only when that network is written in mapped form: ::/0 means IPv6.
  if (v6 != network.v6 && bits < 96) return false;
  return same_bits(bytes.data(), network.bytes.data(), bits);
}

Address Address::client_prefix() const {
  Address a = *this;
  if (v6) std::fill(a.bytes.begin() + 8, a.bytes.end(), std::uint8_t{0});
  return a;
}

}  // namespace gatehouse::net
