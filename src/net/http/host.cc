#include "net/http/host.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "base/text.h"

namespace gatehouse::http {

namespace {

constexpr std::size_t kNameMax = 253, kLabelMax = 63;

bool good_port(std::string_view s) {
  if (s.empty() || s.size() > 5 || s[0] == '0') return false;
  unsigned port = 0;
  for (char c : s) {
    if (!text::is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535;
}

bool good_ipv6(std::string_view s) {
  std::array<char, INET6_ADDRSTRLEN> z{};
  if (s.empty() || s.size() >= z.size()) return false;
  std::memcpy(z.data(), s.data(), s.size());
  in6_addr ignored{};
  return inet_pton(AF_INET6, z.data(), &ignored) == 1;
}

}  // namespace

std::optional<std::string_view> normal_authority(std::string_view s, Arena& arena) {
  if (s.empty()) return std::nullopt;
  bool upper = false;
  std::size_t i = 0;
  if (s[0] == '[') {
    std::size_t close = s.find(']');
    if (close == std::string_view::npos || !good_ipv6(s.substr(1, close - 1))) return std::nullopt;
    for (char c : s.substr(0, close)) upper |= c >= 'A' && c <= 'F';
    i = close + 1;
  } else {
    std::size_t label = 0;
    for (; i < s.size() && s[i] != ':'; ++i) {
      char c = s[i];
      if (c == '.') {
        if (label == 0) return std::nullopt;
        label = 0;
        continue;
      }
      if (!text::is_alpha(c) && !text::is_digit(c) && c != '-' && c != '_') return std::nullopt;
      upper |= c >= 'A' && c <= 'Z';
      if (++label > kLabelMax) return std::nullopt;
    }
    // Stops: two names for one site. "example.com." resolves like "example.com" but matches no rule for it.
    if (label == 0 || i > kNameMax) return std::nullopt;
  }
  if (i < s.size() && (s[i] != ':' || !good_port(s.substr(i + 1)))) return std::nullopt;
  if (!upper) return s;
  char* copy = arena.array<char>(s.size());
  for (std::size_t k = 0; k < s.size(); ++k) copy[k] = text::lower(s[k]);
  return std::string_view(copy, s.size());
}

std::string_view authority_host(std::string_view authority) {
  std::size_t from = authority.starts_with('[') ? authority.find(']') : 0;
  return authority.substr(0, authority.find(':', from == std::string_view::npos ? 0 : from));
}

std::string_view authority_port(std::string_view authority) {
  std::size_t host = authority_host(authority).size();
  return host < authority.size() ? authority.substr(host + 1) : std::string_view{};
}

}  // namespace gatehouse::http
