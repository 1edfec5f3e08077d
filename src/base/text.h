// Small words about ASCII text and its encodings. Nothing here depends on a locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::text {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}
constexpr bool istarts_with(std::string_view s, std::string_view prefix) {
  return s.size() >= prefix.size() && iequals(s.substr(0, prefix.size()), prefix);
}

std::string to_lower(std::string_view s);
// Without leading and trailing SP and HTAB.
std::string_view trim(std::string_view s);
// Pieces between separators; empty pieces are kept ("a,,b" has three).
std::vector<std::string_view> split(std::string_view s, char separator);

std::string hex(std::span<const std::uint8_t> bytes);  // lower case
std::string hex(std::string_view bytes);
std::optional<std::string> unhex(std::string_view s);  // either case; nothing else

// RFC 4648 §4, padded. Decoding is strict: canonical, padded, no line breaks.
std::string base64(std::string_view bytes);
std::optional<std::string> unbase64(std::string_view s);
// RFC 4648 §5, unpadded, as in JOSE. Decoding is strict: no padding and no stray low bits.
std::string base64url(std::string_view bytes);
std::optional<std::string> unbase64url(std::string_view s);

// "%41" -> "A". Nothing when a percent sign is not followed by two hex digits.
std::optional<std::string> percent_decode(std::string_view s);
// All but A-Z a-z 0-9 - . _ ~ as %XX (RFC 3986 §2.3).
std::string percent_encode(std::string_view s);

// Digits only, no sign, no blanks, no overflow.
std::optional<std::uint64_t> parse_u64(std::string_view s);

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view s);
// The length of the longest well-formed beginning: s.size() when all of it is.
std::size_t utf8_prefix(std::string_view s);
// Appends a code point (below U+110000 and no surrogate) as UTF-8.
void append_utf8(std::string& out, std::uint32_t code_point);

// For terminals and text logs: control bytes (C0, DEL, C1), bidirectional overrides and non-UTF-8 as \xNN, cut at
// `limit` bytes of output with "…".
std::string printable(std::string_view s, std::size_t limit = 200);

// The candidate with the smallest edit distance, when it is close enough to be a slip of the pen.
// Case, '-' and '_' count little. Ties go to the first candidate.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace gatehouse::text
