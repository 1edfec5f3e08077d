#include "gate/request_id.h"

#include <array>
#include <cassert>
#include <span>

namespace gatehouse::gate {

std::string_view random_hex(Exchange& x, std::size_t bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::uint8_t, 32> raw;
  assert(bytes <= raw.size());
  x.worker.entropy.fill(std::span(raw).first(bytes));
  char* out = static_cast<char*>(x.arena.allocate(2 * bytes, 1));
  for (std::size_t i = 0; i < bytes; ++i) {
    out[2 * i] = kDigits[raw[i] >> 4];
    out[2 * i + 1] = kDigits[raw[i] & 15];
  }
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
