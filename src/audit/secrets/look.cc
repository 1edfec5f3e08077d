#include "audit/secrets/look.h"

#include <algorithm>

namespace gatehouse::audit::secrets {

namespace {

bool is_comment(std::string_view line) {
  line = text::trim(line);
  return line.starts_with("//") || line.starts_with("#") || line.starts_with("*") || line.starts_with("/*") ||
         line.starts_with("<!--") || line.starts_with("--");
}

}  // namespace

std::size_t line_start(std::string_view text, std::size_t at) {
  const std::size_t low = at > kAround ? at - kAround : 0;
  const std::size_t mark = text.substr(low, at - low).rfind('\n');
  return mark == std::string_view::npos ? low : low + mark + 1;
}

std::string_view line_around(std::string_view text, std::size_t at) {
  const std::size_t from = line_start(text, at);
  const std::string_view right = text.substr(at, kAround);
  return text.substr(from, at - from + std::min(right.find('\n'), right.size()));
}

std::size_t last_before(std::string_view text, std::string_view part, std::size_t at, std::size_t most) {
  const std::size_t low = at > most ? at - most : 0;
  const std::size_t found = text.substr(low, at - low + part.size()).rfind(part);
  return found == std::string_view::npos ? found : low + found;
}

std::string_view before(std::string_view text, std::size_t at, std::size_t n) {
  const std::size_t from = at > n ? at - n : 0;
  return text.substr(from, at - from);
}

std::string name_before(std::string_view text, std::size_t at) {
  std::size_t i = at;
  auto skip = [&](auto pred) {
    while (i > 0 && at - i < 80 && pred(text[i - 1])) --i;
  };
  skip([](char c) { return c == '"' || c == '\'' || c == '`' || c == ' ' || c == '\t' || c == 'b' || c == 'r'; });
  if (i == 0 || (text[i - 1] != '=' && text[i - 1] != ':' && text[i - 1] != '>' && text[i - 1] != ',')) return {};
  skip([](char c) { return c == '=' || c == ':' || c == '>' || c == ',' || c == '|' || c == '?'; });
  skip([](char c) { return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == ']'; });
  const std::size_t end = i;
  skip([](char c) { return is_word(c) || c == '-'; });
  return std::string(text.substr(i, end - i));
}

std::optional<std::string_view> literal(std::string_view text, std::size_t at) {
  const char q = text[at];
  for (std::size_t i = at + 1; i < text.size() && i - at < 600; ++i) {
    if (text[i] == '\\') {
      ++i;
      continue;
    }
    if (text[i] == '\n') return std::nullopt;
    if (text[i] == q) return text.substr(at + 1, i - at - 1);
  }
  return std::nullopt;
}

bool in_comment(std::string_view text, std::size_t at) {
  if (is_comment(line_around(text, at))) return true;
  const std::size_t from = line_start(text, at);
  if (at - from >= kAround) return false;  // minified: no comments worth the search
  const std::string_view left = text.substr(from, at - from);
  for (std::string_view mark : {" // ", ";// ", "  # "})
    if (left.find(mark) != std::string_view::npos) return true;
  return false;
}

}  // namespace gatehouse::audit::secrets
