// SipHash-2-4 with 128 bits of output: a keyed hash for tables whose keys an attacker chooses.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gatehouse {

// A secret key: make it from Entropy once a process.
using SipKey = std::array<std::uint8_t, 16>;

struct Sip128 {
  std::uint64_t low, high;
  bool operator==(const Sip128&) const = default;
};

// Aumasson and Bernstein, "SipHash: a fast short-input PRF", and the reference code's 128-bit form. Not a MAC for
// anything that leaves the process.
Sip128 siphash128(const SipKey& key, std::string_view bytes);

}  // namespace gatehouse
