#include "gate/query.h"

#include "base/text.h"

namespace gatehouse::gate {

QueryReader::Next QueryReader::next(QueryPair& out) {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('&');
    const std::string_view piece = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    if (piece.empty()) continue;
    const std::size_t equals = piece.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : piece.substr(equals + 1);
    if (!decode(piece.substr(0, equals), out.name) || out.name.empty() || !decode(value, out.value)) return Next::bad;
    out.plus = value.find('+') != std::string_view::npos;
    return Next::pair;
  }
  return Next::end;
}

bool QueryReader::decode(std::string_view raw, std::string_view& out) {
  // Stops: parameter pollution by separators that only the backend knows.
  if (raw.find(';') != std::string_view::npos) return false;
  if (raw.find_first_of("%+") == std::string_view::npos) {
    out = raw;
  } else {
    char* text = static_cast<char*>(arena_.allocate(raw.size(), 1));
    std::size_t n = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      char c = raw[i];
      if (c == '+') c = ' ';
      if (c == '%') {
        const int high = i + 1 < raw.size() ? text::hex_value(raw[i + 1]) : -1;
        const int low = i + 2 < raw.size() ? text::hex_value(raw[i + 2]) : -1;
        if (high < 0 || low < 0) return false;
        c = static_cast<char>(high * 16 + low);
        i += 2;
      }
      text[n++] = c;
    }
    out = {text, n};
  }
  for (const char c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return text::is_utf8(out);
}

bool aliases_parameter(std::string_view name, std::string_view wanted) {
  if (!text::istarts_with(name, wanted)) return false;
  return name.size() == wanted.size() || name[wanted.size()] == '[' || name[wanted.size()] == '.';
}

}  // namespace gatehouse::gate
