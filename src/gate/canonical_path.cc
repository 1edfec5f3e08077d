#include "gate/canonical_path.h"

#include <array>
#include <cstdint>

#include "base/text.h"

namespace gatehouse::gate {

namespace {

enum Class : std::uint8_t { plain, slash, semicolon, percent, backslash, never };

constexpr bool unreserved(char c) {
  return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// RFC 3986 §3.3 and '[', ']', '|', '^', which browsers leave as they are.
constexpr std::array<Class, 256> kClass = [] {
  std::array<Class, 256> t{};
  for (auto& c : t) c = never;
  for (int c = 0; c < 128; ++c)
    if (unreserved(static_cast<char>(c))) t[static_cast<std::size_t>(c)] = plain;
  for (char c : std::string_view("!$&'()*+,=:@[]|^")) t[static_cast<unsigned char>(c)] = plain;
  t['/'] = slash, t[';'] = semicolon, t['%'] = percent, t['\\'] = backslash;
  return t;
}();

constexpr char kHex[] = "0123456789ABCDEF";

// The byte that "%XX" at s[i] stands for, or -1.
int encoded_byte(std::string_view s, std::size_t i) {
  if (i + 2 >= s.size()) return -1;
  int high = text::hex_value(s[i + 1]), low = text::hex_value(s[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// The byte that a second decoding of "%25" at s[i] and what follows makes, or -1.
int doubly_encoded_byte(std::string_view s, std::size_t i) {
  if (i + 4 >= s.size()) return -1;
  int high = text::hex_value(s[i + 3]), low = text::hex_value(s[i + 4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct Decoded {
  std::string_view text, fault;
};

// Every "%XX" judged, and decoded or written in upper case.
Decoded decode(std::string_view raw, Arena& arena) {
  char* out = arena.array<char>(raw.size());
  std::size_t n = 0;
  std::array<char, 4> bytes{};  // of one character beyond ASCII
  std::size_t have = 0, want = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const int c = raw[i] == '%' ? encoded_byte(raw, i) : -1;
    if (raw[i] == '%' && c < 0) return {{}, "a percent sign without two hex digits"};
    if (want != 0 && c < 0x80) return {{}, "an encoded character is cut short"};
    if (c < 0) {
      out[n++] = raw[i];
      continue;
    }
    if (c < 0x20 || c == 0x7f) return {{}, "an encoded control byte"};
    if (c == '\\') return {{}, "an encoded backslash"};
    if (c >= 0x80) {
      // Stops: %C0%AF, the overlong slash of lenient decoders.
      if (want == 0) {
        want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;
        have = 0;
        if (want == 0) return {{}, "encoded bytes that are not UTF-8"};
      }
      bytes[have++] = static_cast<char>(c);
      if (have == want) {
        if (!text::is_utf8({bytes.data(), have})) return {{}, "encoded bytes that are not UTF-8"};
        want = 0;
      }
    }
    if (c < 0x80 && unreserved(static_cast<char>(c))) {
      out[n++] = static_cast<char>(c);
    } else {
      out[n++] = '%';
      out[n++] = kHex[c >> 4];
      out[n++] = kHex[c & 15];
    }
    i += 2;
  }
  if (want != 0) return {{}, "an encoded character is cut short"};
  return {{out, n}, {}};
}

// Stops: leaving the tree that a rule was written for. "..;" is ".." to servers that drop parameters.
bool dot_segment(std::string_view s) { return s == "." || s == ".."; }

}  // namespace

CanonicalPath canonical_path(std::string_view raw, Opaque opaque, Arena& arena) {
  if (raw.empty() || raw[0] != '/') return {{}, "the path does not begin with '/'"};
  CanonicalPath out{raw, {}, false};
  if (raw.find('%') != raw.npos) {
    Decoded d = decode(raw, arena);
    if (!d.fault.empty()) return {{}, d.fault};
    // Already normal: the view of the input stays, and the copy is forgotten with the arena.
    if (d.text != raw) out.path = d.text;
  }

  const std::string_view path = out.path;
  std::size_t segment = 1, piece = 1;  // where the segment, and its part after "%2F" or ';', begins
  for (std::size_t i = 1; i < path.size(); ++i) {
    switch (kClass[static_cast<unsigned char>(path[i])]) {
      case plain:
        break;
      case slash:
        if (i == segment) return {{}, "an empty segment"};
        if (dot_segment(path.substr(piece, i - piece))) return {{}, "a dot segment"};
        segment = piece = i + 1;
        break;
      case semicolon:
        if (dot_segment(path.substr(piece, i - piece))) return {{}, "a dot segment"};
        out.opaque = true;
        piece = i + 1;
        break;
      case percent: {
        const int c = encoded_byte(path, i);
        if (c == '/' || c == ';') {
          if (dot_segment(path.substr(piece, i - piece))) return {{}, "a dot segment"};
          out.opaque = true;
          piece = i + 3;
        } else if (c == '%') {
          const int twice = doubly_encoded_byte(path, i);
          // Stops: "/%2561dmin", or a way up in what a route keeps for its identifiers, for a backend that decodes once
          // more. A letter has no need of being encoded even once; a blank or an accent encoded twice is a slip, and
          // passes.
          if (twice == '\\' || (twice >= 0 && (twice < 0x20 || unreserved(static_cast<char>(twice)))) || twice == 0x7f)
            return {{}, "a byte encoded twice that no address needs encoded"};
          if (twice == '/' || twice == ';') {
            if (dot_segment(path.substr(piece, i - piece))) return {{}, "a dot segment"};
            out.opaque = true;
            piece = i + 5;
          } else if (twice == '%') {
            out.opaque = true;
          }
        }
        i += 2;
        break;
      }
      case backslash:
        return {{}, "a backslash"};
      case never:
        return {{}, "a byte that may not stand in a path"};
    }
  }
  if (dot_segment(path.substr(piece))) return {{}, "a dot segment"};
  if (out.opaque && opaque == Opaque::refuse) return {{}, "an encoded slash, a ';' or a double encoding", true};
  return out;
}

std::string_view read_plainly(std::string_view path, Reading reading, Arena& arena) {
  char* out = arena.array<char>(path.size());
  std::size_t n = 0;
  bool parameters = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    bool encoded = false;
    if (c == '%') {
      const int once = encoded_byte(path, i), twice = once == '%' ? doubly_encoded_byte(path, i) : -1;
      if (once == '/' || once == ';') {
        c = static_cast<char>(once);
        encoded = true;
        i += 2;
      } else if (twice == '/' || twice == ';') {
        c = static_cast<char>(twice);
        encoded = true;
        i += 4;
      }
    }
    if (c == '/' && parameters) parameters = encoded && reading == Reading::parameters_to_slash;
    if (c == ';' && reading != Reading::parameters_stay) parameters = true;
    if (parameters || (c == '/' && n > 0 && out[n - 1] == '/')) continue;
    out[n++] = c;
  }
  return {out, n};
}

std::string_view query_fault(std::string_view query) {
  for (char c : query) {
    if (c == '#') return "a fragment";
    if (c <= 0x20 || c >= 0x7f) return "a byte that may not stand in a query";
  }
  return {};
}

}  // namespace gatehouse::gate
