#include "gate/cookies.h"

#include "base/text.h"
#include "gate/names.h"

namespace gatehouse::gate {
namespace {

constexpr http::FieldName kCookie{"cookie"};

// Stops: U+00A0 and its kin around a name, which Python's strip() and JavaScript's trim() take away as blanks.
bool separates(char c) {
  return c == ' ' || c == '\t' || c == ',' || c == '"' || static_cast<unsigned char>(c) >= 0x80;
}

// The written name, percent-decoded and folded, equals `wanted`, folded.
bool reads_as(std::string_view written, std::string_view wanted) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < written.size(); ++i, ++at) {
    char c = written[i];
    if (c == '%' && i + 2 < written.size()) {
      const int high = text::hex_value(written[i + 1]), low = text::hex_value(written[i + 2]);
      if (high >= 0 && low >= 0) c = static_cast<char>(high * 16 + low), i += 2;
    }
    if (at >= wanted.size() || fold(c) != fold(wanted[at])) return false;
  }
  return at == wanted.size();
}

// Does the piece between two ';' name this cookie to any reader?
bool names_cookie(std::string_view piece, std::string_view wanted) {
  for (std::size_t equals = piece.find('='); equals != std::string_view::npos; equals = piece.find('=', equals + 1)) {
    std::string_view before = piece.substr(0, equals);
    while (!before.empty() && separates(before.front())) before.remove_prefix(1);
    while (!before.empty() && separates(before.back())) before.remove_suffix(1);
    // The whole of what stands before the sign, and the last word of it.
    if (reads_as(before, wanted)) return true;
    std::size_t start = before.size();
    while (start > 0 && !separates(before[start - 1]) && before[start - 1] != '=') --start;
    if (reads_as(before.substr(start), wanted)) return true;
  }
  // Stops: a nameless piece ("sessionid") that some readers take for a name without a value.
  if (piece.find('=') != std::string_view::npos) return false;
  while (!piece.empty() && separates(piece.front())) piece.remove_prefix(1);
  while (!piece.empty() && separates(piece.back())) piece.remove_suffix(1);
  return reads_as(piece, wanted);
}

bool names_any(std::string_view piece, std::span<const std::string> names) {
  for (const std::string& name : names)
    if (names_cookie(piece, name)) return true;
  return false;
}

template <class F>
void for_each_piece(std::string_view value, F&& f) {
  for (;;) {
    const std::size_t end = value.find(';');
    f(value.substr(0, end));
    if (end == std::string_view::npos) return;
    value.remove_prefix(end + 1);
  }
}

}  // namespace

std::size_t remove_cookies(http::Fields& fields, std::span<const std::string> names) {
  if (names.empty()) return 0;
  std::size_t dropped = 0;
  bool emptied = false;
  for (http::Field& field : fields) {
    if (!field.is(kCookie)) continue;
    std::size_t here = 0;
    for_each_piece(field.value, [&](std::string_view piece) { here += names_any(piece, names); });
    if (here == 0) continue;
    dropped += here;
    // Joined again with "; ", which is at most one byte longer a piece.
    char* out = static_cast<char*>(fields.arena().allocate(2 * field.value.size() + 2, 1));
    std::size_t n = 0;
    for_each_piece(field.value, [&](std::string_view piece) {
      piece = text::trim(piece);
      if (piece.empty() || names_any(piece, names)) return;
      if (n > 0) out[n++] = ';', out[n++] = ' ';
      n += piece.copy(out + n, piece.size());
    });
    field.value = {out, n};
    emptied |= n == 0;
  }
  if (emptied) fields.remove_if([](const http::Field& f) { return f.is(kCookie) && f.value.empty(); });
  return dropped;
}

void join_cookie_fields(http::Fields& fields) {
  std::size_t several = 0, bytes = 0;
  for (const http::Field& field : fields)
    if (field.is(kCookie)) ++several, bytes += field.value.size() + 2;
  if (several < 2) return;
  char* out = static_cast<char*>(fields.arena().allocate(bytes, 1));
  std::size_t n = 0;
  for (const http::Field& field : fields) {
    if (!field.is(kCookie) || field.value.empty()) continue;
    if (n > 0) out[n++] = ';', out[n++] = ' ';
    n += field.value.copy(out + n, field.value.size());
  }
  fields.set(kCookie, {out, n});
}

bool has_cookie(const http::Fields& fields, std::string_view name) { return count_cookies(fields, name) > 0; }

std::size_t count_cookies(const http::Fields& fields, std::string_view name) {
  std::size_t found = 0;
  for (const http::Field& field : fields)
    if (field.is(kCookie))
      for_each_piece(field.value, [&](std::string_view piece) { found += names_cookie(piece, name); });
  return found;
}

}  // namespace gatehouse::gate
