#include "audit/decode.h"

#include <algorithm>
#include <string_view>

namespace gatehouse::audit {
namespace {

void put(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

// Halves of pairs that stand alone become U+FFFD, as in every decoder of the web.
std::string from_utf16(std::string_view s, bool big) {
  std::string out;
  out.reserve(s.size() / 2);
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(s[i]), b = static_cast<unsigned char>(s[i + 1]);
    return static_cast<char32_t>(big ? a << 8 | b : b << 8 | a);
  };
  for (std::size_t i = 0; i + 1 < s.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xd800 && c < 0xe000) {
      const char32_t low = c < 0xdc00 && i + 3 < s.size() ? unit(i + 2) : 0;
      const bool pair = low >= 0xdc00 && low < 0xe000;
      c = pair ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
      if (pair) i += 2;
    }
    put(out, c);
  }
  return out;
}

// The first packet says which stream it is of in bytes that no script may hold outside of a comment.
bool is_stream(std::string_view s) {
  constexpr std::size_t kPacket = 188;
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 9; };
  return s.size() > 2 * kPacket && s[0] == 'G' && s[kPacket] == 'G' && s[2 * kPacket] == 'G' &&
         std::any_of(s.begin() + 1, s.begin() + 4, control);
}

}  // namespace

Content decode(const Entry& entry, std::string& bytes) {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) {
    bytes = from_utf16(std::string_view(bytes).substr(2), bytes[0] == '\xfe');
    std::replace(bytes.begin(), bytes.end(), '\0', ' ');
    return Content::text;
  }
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.erase(0, 3);
  const std::size_t zero = bytes.find('\0');
  if (zero == std::string::npos) return Content::text;
  if (bytes.starts_with(std::string_view("\0GITCRYPT\0", 10))) return Content::encrypted;
  const bool source = entry.kind != Kind::other && entry.kind != Kind::text && entry.kind != Kind::key;
  if (!source) return zero < 8192 ? Content::binary : Content::text;
  if (entry.kind == Kind::typescript && is_stream(bytes)) return Content::stream;
  std::replace(bytes.begin(), bytes.end(), '\0', ' ');
  return Content::text;
}

}  // namespace gatehouse::audit
