#include "audit/readers/env.h"

#include "base/text.h"

namespace gatehouse::audit {

std::vector<EnvLine> parse_env(std::string_view text) {
  std::vector<EnvLine> out;
  int number = 0;
  for (std::string_view line : text::split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = text::trim(line);
    if (line.starts_with("export ")) line = text::trim(line.substr(7));
    const std::size_t equals = line.find('=');
    if (line.empty() || line.front() == '#' || equals == std::string_view::npos || equals == 0) continue;
    const std::string_view name = text::trim(line.substr(0, equals));
    if (name.find_first_of(" \t\"'") != std::string_view::npos) continue;
    std::string_view value = text::trim(line.substr(equals + 1));
    if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
      const std::size_t close = value.find(value.front(), 1);
      value = close == std::string_view::npos ? value.substr(1) : value.substr(1, close - 1);
    } else if (const std::size_t hash = value.find(" #"); hash != std::string_view::npos) {
      value = text::trim(value.substr(0, hash));
    } else if (value.starts_with('#')) {
      value = {};
    }
    out.push_back({std::string(name), std::string(value), number});
  }
  return out;
}

void EnvReader::read(const Source& source, Project& project, Sink&) {
  if (source.entry().role == Role::test) return;
  for (EnvLine& l : parse_env(source.text()))
    project.env.push_back({std::move(l.name), std::move(l.value), std::string(source.path()), l.line,
                           source.entry().role != Role::product});
}

}  // namespace gatehouse::audit
