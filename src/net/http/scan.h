// Byte classes of HTTP/1 and the loops that look for the first byte of a class, 16 at a time where the machine can.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/text.h"

namespace gatehouse::http::scan {

inline constexpr std::uint16_t kOddNameByte = 0x100;  // '_' or '.': legal in a token, but not in a name we forward

// token characters (RFC 9110 §5.6.2) -> their lower case, with kOddNameByte or-ed in; 0 for every other byte.
inline constexpr std::array<std::uint16_t, 256> kTokenLower = [] {
  std::array<std::uint16_t, 256> t{};
  for (int c = 0; c < 128; ++c) {
    char ch = static_cast<char>(c);
    bool token = text::is_alpha(ch) || text::is_digit(ch) ||
                 std::string_view("!#$%&'*+-.^_`|~").find(ch) != std::string_view::npos;
    if (!token) continue;
    auto v = static_cast<std::uint16_t>(static_cast<unsigned char>(text::lower(ch)));
    if (ch == '_' || ch == '.') v |= kOddNameByte;
    t[static_cast<std::size_t>(c)] = v;
  }
  return t;
}();

constexpr bool is_token(char c) { return kTokenLower[static_cast<unsigned char>(c)] != 0; }
constexpr bool is_token(std::string_view s) {
  for (char c : s)
    if (!is_token(c)) return false;
  return !s.empty();
}

// May this byte stand in a field value? HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5).
constexpr bool is_value_byte(char c) {
  auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || u == '\t';
}
// May this byte stand in a request target? Visible ASCII except the fragment's '#'.
constexpr bool is_target_byte(char c) { return c > 0x20 && c < 0x7f && c != '#'; }

// The first byte in [p, end) that may not stand in a field value, or `end`.
inline const char* value_end(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i low = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f), tab = _mm_set1_epi8('\t');
  for (; end - p >= 16; p += 16) {
    __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(x, low), x);
    __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(x, tab), control), _mm_cmpeq_epi8(x, del));
    if (int mask = _mm_movemask_epi8(bad)) return p + std::countr_zero(static_cast<unsigned>(mask));
  }
#endif
  while (p != end && is_value_byte(*p)) ++p;
  return p;
}

// The first byte in [p, end) that may not stand in a request target, or `end`.
inline const char* target_end(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i low = _mm_set1_epi8(0x20), high = _mm_set1_epi8(0x7f), hash = _mm_set1_epi8('#');
  for (; end - p >= 16; p += 16) {
    __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    __m128i bad = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(x, low), x), _mm_cmpeq_epi8(_mm_max_epu8(x, high), x));
    bad = _mm_or_si128(bad, _mm_cmpeq_epi8(x, hash));
    if (int mask = _mm_movemask_epi8(bad)) return p + std::countr_zero(static_cast<unsigned>(mask));
  }
#endif
  while (p != end && is_target_byte(*p)) ++p;
  return p;
}

}  // namespace gatehouse::http::scan
