#include "gate/request_id.h"

#include <array>
#include <cassert>
#include <cstring>
#include <span>

namespace gatehouse::gate {

std::string_view random_hex(Exchange& x, std::size_t bytes) {
  // Two digits a byte, written as one: whoever copies the text next need not wait for single bytes to settle.
  static constexpr auto kPairs = [] {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {digits[i >> 4], digits[i & 15]};
    return pairs;
  }();
  std::array<std::uint8_t, 32> raw;
  assert(bytes <= raw.size());
  x.worker.entropy.fill(std::span(raw).first(bytes));
  char* out = static_cast<char*>(x.arena.allocate(2 * bytes, 1));
  for (std::size_t i = 0; i < bytes; ++i) std::memcpy(out + 2 * i, kPairs[raw[i]].data(), 2);
  return {out, 2 * bytes};
}

std::string_view ensure_id(Exchange& x) {
  if (x.id.empty()) x.id = random_hex(x, 16);
  return x.id;
}

bool is_request_id(std::string_view s) {
  if (s.size() < 8 || s.size() > 64) return false;
  for (char c : s)
    if (!text::is_alpha(c) && !text::is_digit(c) && c != '-' && c != '_') return false;
  return true;
}

}  // namespace gatehouse::gate
