// The field names that the parser itself has to know, found by their hash.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "net/http/message.h"

namespace gatehouse::http {

// Fields that decide about framing, about the connection or that must not travel on.
enum class Known : std::uint8_t {
  none,
  host,
  content_length,
  transfer_encoding,
  connection,
  expect,
  upgrade,
  hop,         // hop-by-hop by definition (RFC 9110 §7.6.1)
  end_to_end,  // what policy reads: Connection may not name it
};

struct KnownName {
  FieldName name{""};
  Known known = Known::none;
};

inline constexpr KnownName kKnown[] = {
    {"host", Known::host},
    {"content-length", Known::content_length},
    {"transfer-encoding", Known::transfer_encoding},
    {"connection", Known::connection},
    {"expect", Known::expect},
    {"upgrade", Known::upgrade},
    {"keep-alive", Known::hop},
    {"proxy-connection", Known::hop},
    {"te", Known::hop},
    {"trailer", Known::hop},
    {"http2-settings", Known::hop},
    // Stops: httpoxy. CGI turns "Proxy" into HTTP_PROXY, and the backend's own calls go through the attacker.
    {"proxy", Known::hop},
    {"authorization", Known::end_to_end},
    {"cookie", Known::end_to_end},
    {"origin", Known::end_to_end},
    {"referer", Known::end_to_end},
    {"sec-fetch-site", Known::end_to_end},
    {"content-type", Known::end_to_end},
    {"content-encoding", Known::end_to_end},
    {"cache-control", Known::end_to_end},
    {"forwarded", Known::end_to_end},
    {"x-forwarded-for", Known::end_to_end},
    {"x-forwarded-proto", Known::end_to_end},
    {"x-forwarded-host", Known::end_to_end},
    {"x-real-ip", Known::end_to_end},
};

// The known names by hash: slot = hash times kSlotFactor, top bits, the factor chosen by the compiler so that none
// collide.
inline constexpr std::size_t kSlots = 128;
constexpr std::size_t known_slot(std::uint32_t hash, std::uint32_t factor) { return (hash * factor) >> 25; }
inline constexpr std::uint32_t kSlotFactor = [] {
  for (std::uint32_t factor = 1;; factor += 2) {
    bool taken[kSlots] = {}, clash = false;
    for (const KnownName& k : kKnown) {
      std::size_t at = known_slot(k.name.hash, factor);
      clash |= taken[at];
      taken[at] = true;
    }
    if (!clash) return factor;
  }
}();
inline constexpr auto kKnownBySlot = [] {
  std::array<KnownName, kSlots> t{};
  for (const KnownName& k : kKnown) t[known_slot(k.name.hash, kSlotFactor)] = k;
  return t;
}();

inline Known known(std::uint32_t hash, std::string_view name) {
  const KnownName& k = kKnownBySlot[known_slot(hash, kSlotFactor)];
  return k.name.hash == hash && text::iequals(name, k.name.text) ? k.known : Known::none;
}

}  // namespace gatehouse::http
