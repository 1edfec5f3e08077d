#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace gatehouse::text {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kUpperHexDigits[] = "0123456789ABCDEF";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr auto kFromBase64 = reverse(kBase64);
constexpr auto kFromBase64Url = reverse(kBase64Url);

constexpr std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }

std::string encode64(std::string_view in, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((in.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= in.size(); i += 3) {
    std::uint32_t v = std::uint32_t{byte(in[i])} << 16 | std::uint32_t{byte(in[i + 1])} << 8 | byte(in[i + 2]);
    for (int shift = 18; shift >= 0; shift -= 6) out += alphabet[v >> shift & 63];
  }
  std::size_t rest = in.size() - i;
  if (rest == 0) return out;
  std::uint32_t v = std::uint32_t{byte(in[i])} << 16;
  if (rest == 2) v |= std::uint32_t{byte(in[i + 1])} << 8;
  out += alphabet[v >> 18 & 63];
  out += alphabet[v >> 12 & 63];
  if (rest == 2) out += alphabet[v >> 6 & 63];
  if (pad) out.append(3 - rest, '=');
  return out;
}

// `in` without padding.
std::optional<std::string> decode64(std::string_view in, const std::array<std::int8_t, 256>& table) {
  const std::size_t rest = in.size() % 4;
  if (rest == 1) return std::nullopt;
  const auto value = [&in, &table](std::size_t i) { return static_cast<std::int32_t>(table[byte(in[i])]); };
  std::string out(in.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1), '\0');
  char* to = out.data();
  std::int32_t all = 0;  // negative as soon as one letter is none
  std::size_t i = 0;
  for (; i + 4 <= in.size(); i += 4) {
    const std::int32_t a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
    all |= a | b | c | d;
    const auto v = static_cast<std::uint32_t>(a) << 18 | static_cast<std::uint32_t>(b) << 12 |
                   static_cast<std::uint32_t>(c) << 6 | static_cast<std::uint32_t>(d);
    *to++ = static_cast<char>(v >> 16 & 0xff);
    *to++ = static_cast<char>(v >> 8 & 0xff);
    *to++ = static_cast<char>(v & 0xff);
  }
  std::uint32_t left = 0;  // bits that no byte takes
  if (rest != 0) {
    const std::int32_t a = value(i), b = value(i + 1), c = rest == 3 ? value(i + 2) : 0;
    all |= a | b | c;
    const auto v =
        static_cast<std::uint32_t>(a) << 12 | static_cast<std::uint32_t>(b) << 6 | static_cast<std::uint32_t>(c);
    *to++ = static_cast<char>(v >> 10 & 0xff);
    if (rest == 3) *to++ = static_cast<char>(v >> 2 & 0xff);
    left = rest == 3 ? v & 3 : v >> 6 & 15;
  }
  // Stops: two texts for the same bytes, so that a token or digest compared as text cannot be respelled.
  if (all < 0 || left != 0) return std::nullopt;
  return out;
}

// The length of the well-formed sequence that `s` begins with; 0 when there is none. RFC 3629 §4.
std::size_t sequence(std::string_view s) {
  std::uint8_t a = byte(s[0]);
  if (a < 0x80) return 1;
  std::size_t n = a < 0xc2 ? 0 : a < 0xe0 ? 2 : a < 0xf0 ? 3 : a < 0xf5 ? 4 : 0;
  if (n == 0 || s.size() < n) return 0;
  std::uint8_t b = byte(s[1]);
  std::uint8_t low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
  std::uint8_t high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
  if (b < low || b > high) return 0;
  for (std::size_t i = 2; i < n; ++i)
    if ((byte(s[i]) & 0xc0) != 0x80) return 0;
  return n;
}

bool misleading(std::string_view seq) {
  if (seq.size() == 1) return byte(seq[0]) < 0x20 || byte(seq[0]) == 0x7f;
  if (seq.size() == 2) return byte(seq[0]) == 0xc2 && byte(seq[1]) < 0xa0;  // C1
  // Stops: text that shows in another order than it is read. U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
  if (seq.size() == 3 && byte(seq[0]) == 0xe2) {
    std::uint8_t b = byte(seq[1]), c = byte(seq[2]);
    return (b == 0x80 && (c == 0x8e || c == 0x8f || (c >= 0xa8 && c <= 0xae))) || (b == 0x81 && c >= 0xa6 && c <= 0xa9);
  }
  return false;
}

std::string folded(std::string_view s) {
  std::string out;
  for (char c : s) out += c == '-' ? '_' : lower(c);
  return out;
}

std::size_t distance(std::string_view a, std::string_view b) {  // Levenshtein, with swapped neighbours as one slip
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

}  // namespace

std::string to_lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = lower(c);
  return out;
}

std::string_view trim(std::string_view s) {
  auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

std::vector<std::string_view> split(std::string_view s, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    std::size_t at = s.find(separator);
    pieces.push_back(s.substr(0, at));
    if (at == s.npos) return pieces;
    s.remove_prefix(at + 1);
  }
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::uint8_t b : bytes) {
    out += kHexDigits[b >> 4];
    out += kHexDigits[b & 15];
  }
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    out += kHexDigits[byte(c) >> 4];
    out += kHexDigits[byte(c) & 15];
  }
  return out;
}

std::optional<std::string> unhex(std::string_view s) {
  if (s.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(s.size() / 2);
  for (std::size_t i = 0; i < s.size(); i += 2) {
    int high = hex_value(s[i]), low = hex_value(s[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string base64(std::string_view bytes) { return encode64(bytes, kBase64, true); }

std::optional<std::string> unbase64(std::string_view s) {
  if (s.size() % 4 != 0) return std::nullopt;
  if (s.ends_with("==")) {
    s.remove_suffix(2);
    if (s.size() % 4 != 2) return std::nullopt;
  } else if (s.ends_with('=')) {
    s.remove_suffix(1);
    if (s.size() % 4 != 3) return std::nullopt;
  }
  return decode64(s, kFromBase64);
}

std::string base64url(std::string_view bytes) { return encode64(bytes, kBase64Url, false); }

std::optional<std::string> unbase64url(std::string_view s) { return decode64(s, kFromBase64Url); }

std::optional<std::string> percent_decode(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '%') {
      out += s[i];
      continue;
    }
    if (s.size() - i < 3) return std::nullopt;
    int high = hex_value(s[i + 1]), low = hex_value(s[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (char c : s) {
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kUpperHexDigits[byte(c) >> 4];
      out += kUpperHexDigits[byte(c) & 15];
    }
  }
  return out;
}

std::optional<std::uint64_t> parse_u64(std::string_view s) {
  if (s.empty()) return std::nullopt;
  std::uint64_t v = 0;
  for (char c : s) {
    if (!is_digit(c)) return std::nullopt;
    auto digit = static_cast<std::uint64_t>(c - '0');
    if (v > (UINT64_MAX - digit) / 10) return std::nullopt;
    v = v * 10 + digit;
  }
  return v;
}

std::size_t utf8_prefix(std::string_view s) {
  std::size_t at = 0;
  while (at < s.size()) {
    if (byte(s[at]) < 0x80) {
      std::uint64_t eight = 0;  // nearly all text is ASCII
      for (; at + 8 <= s.size(); at += 8) {
        std::memcpy(&eight, s.data() + at, 8);
        if ((eight & 0x8080808080808080u) != 0) break;
      }
      while (at < s.size() && byte(s[at]) < 0x80) ++at;
      continue;
    }
    std::size_t n = sequence(s.substr(at));
    if (n == 0) break;
    at += n;
  }
  return at;
}

bool is_utf8(std::string_view s) { return utf8_prefix(s) == s.size(); }

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      out += static_cast<char>(0xe0 | c >> 12);
    } else {
      out += static_cast<char>(0xf0 | c >> 18);
      out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    }
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
  }
  out += static_cast<char>(0x80 | (c & 0x3f));
}

std::string printable(std::string_view s, std::size_t limit) {
  std::string out;
  while (!s.empty()) {
    const auto odd = std::find_if(s.begin(), s.end(), [](char c) { return c < ' ' || c > '~'; });
    if (const auto plain = static_cast<std::size_t>(odd - s.begin()); plain > 0) {
      const std::size_t room = limit - out.size();
      out += s.substr(0, std::min(plain, room));
      if (plain > room) return out += "…";
      s.remove_prefix(plain);
      continue;
    }
    std::size_t n = sequence(s);
    std::string piece(s.substr(0, std::max<std::size_t>(n, 1)));
    s.remove_prefix(piece.size());
    if (n == 0 || misleading(piece)) {
      std::string escaped;
      for (char c : piece) escaped += "\\x" + hex(std::string_view(&c, 1));
      piece = std::move(escaped);
    }
    if (out.size() + piece.size() > limit) return out += "…";
    out += piece;
  }
  return out;
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongest = 64;  // the table is quadratic; nobody misspells a longer name by hand
  if (word.empty() || word.size() > kLongest) return std::nullopt;
  std::string wanted = folded(word);
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    std::size_t d = distance(wanted, folded(candidate));
    if (d < best_distance && d < std::max(word.size(), candidate.size())) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace gatehouse::text
