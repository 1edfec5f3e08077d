#include "audit/secrets/plain.h"

#include <algorithm>
#include <array>

#include "audit/secrets/judges.h"
#include "audit/secrets/look.h"

namespace gatehouse::audit::secrets {
namespace {

using text::is_alpha;
using text::is_digit;

struct Line {
  std::string_view name, value;
};

// "export NAME=value", "  name: value", "name = value ; comment"
Line read_line(std::string_view line, Kind kind) {
  line = text::trim(line);
  if (line.empty() || line.front() == '#' || line.front() == ';' || line.starts_with("//") || line.starts_with("--"))
    return {};
  for (const std::string_view word : {"export ", "- ", "set ", "ENV "})
    if (line.starts_with(word)) line = text::trim(line.substr(word.size()));
  std::size_t n = 0;
  while (n < line.size() && n < 80 && (is_word(line[n]) || line[n] == '-' || line[n] == '.')) ++n;
  std::size_t i = n;
  while (i < line.size() && line[i] == ' ') ++i;
  if (n == 0 || i >= line.size() || (line[i] != '=' && line[i] != ':')) return {};
  if (kind == Kind::shell && (line[i] != '=' || i != n)) return {};
  if (kind == Kind::yaml && line[i] != ':') return {};
  std::string_view value = text::trim(line.substr(i + 1));
  if (kind == Kind::shell) value = value.substr(0, value.find_first_of(" \t;"));
  if (const std::size_t note = value.find(" #"); note != std::string_view::npos)
    value = text::trim(value.substr(0, note));
  return {line.substr(0, n), value};
}

bool of_password(std::string_view snake) {
  for (const std::string_view end : {"password", "passwd", "passphrase", "pwd"})
    if (snake.ends_with(end)) return true;
  return snake.ends_with("_pass") || snake == "pass";
}

bool open_value(std::string_view name, std::string_view v) {
  if (v.size() < 3 || v.size() > 200 || is_sample(v) || says_nothing(name, v)) return false;
  for (const char c : {'"', '\'', '`', '!', '&', '*', '[', '|', '>', '@', '~', '-'})
    if (v.front() == c) return false;
  for (const std::string_view part :
       {"{{", "${", "$(", "%(", " ", "env.", "process.", "secrets.", "vault", "::", "lookup"})
    if (has(v, part)) return false;
  return v != "yes" && v != "no";
}

// A line near `at` that says whose password it is, or where it is used.
struct Beside {
  bool account = false, local = false;
};
Beside beside(const std::vector<std::string_view>& lines, std::size_t at, Kind kind) {
  Beside out;
  const std::size_t from = at > 4 ? at - 4 : 0, to = std::min(lines.size(), at + 5);
  for (std::size_t k = from; k < to; ++k) {
    if (k == at) continue;
    const Line l = read_line(lines[k], kind);
    const std::string snake = to_snake(l.name);
    const bool account = snake.ends_with("user") || snake.ends_with("username") || snake.ends_with("login") ||
                         (snake.ends_with("email") && kind == Kind::text);
    out.account |=
        account && !l.value.empty() && !is_sample(l.value) && !has(l.value, " ") && !says_nothing(snake, l.value);
    out.local |= has(lines[k], "localhost") || has(lines[k], "127.0.0.1");
  }
  return out;
}

}  // namespace

std::vector<PlainSecret> plain_secrets(std::string_view text, Kind kind) {
  std::vector<PlainSecret> out;
  if (text.starts_with("$ANSIBLE_VAULT")) return out;
  const std::vector<std::string_view> lines = text::split(text, '\n');
  for (std::size_t k = 0; k < lines.size() && out.size() < 200; ++k) {
    if (lines[k].size() > 400) continue;
    const Line l = read_line(lines[k], kind);
    if (l.name.empty() || l.value.empty()) continue;
    const std::string snake = to_snake(l.name);
    const bool password = of_password(snake);
    if (!password && name_class(l.name) != NameClass::secret) continue;
    if (!open_value(l.name, l.value)) continue;
    const Beside near = password ? beside(lines, k, kind) : Beside{};
    bool found = false;
    if (password && name_class(l.name) == NameClass::secret) {
      found = names_service(snake) || near.account || snake == "pgpassword" || snake == "mysql_pwd";
    } else if (!password) {
      const bool digit = std::any_of(l.value.begin(), l.value.end(), is_digit);
      const bool named = snake.ends_with("secret") || snake.ends_with("secret_key");
      found =
          looks_random(l.value) ? l.value.size() >= 16 : named && digit && has(l.value, "-") && l.value.size() >= 10;
      // Names with dots and words are settings, addresses and references.
      if (has(l.value, "/") || (has(l.value, ".") && !is_digit(l.value.back()) && entropy(l.value) < 3.8))
        found = false;
      if (kind == Kind::text && snake.find('_') == std::string::npos) found = false;
    }
    if (found) out.push_back({std::string(l.name), std::string(l.value), static_cast<int>(k) + 1, near.local});
  }
  return out;
}

bool PlainReader::wants(const Entry& e) const {
  if (e.role != Role::product) return false;
  const std::string name = text::to_lower(e.name()), path = text::to_lower(e.path);
  if (e.kind == Kind::yaml)  // those have readers of their own; descriptions of interfaces hold no values
    return !has(path, ".github/") && !has(name, "compose") && !has(name, "openapi") && !has(name, "swagger") &&
           !has(path, "locale") && !has(path, "i18n") && !has(path, "/lang/") && !has(path, "crowdin");
  if (e.kind == Kind::text) return name.ends_with(".txt") && !name.starts_with("requirements") && name != "robots.txt";
  return e.kind == Kind::ini || e.kind == Kind::shell || name.ends_with(".conf") || name.ends_with(".tfvars");
}

void PlainReader::read(const Source& source, Project&, Sink& sink) {
  if (has(source.text(), "apiVersion:")) return;  // Kubernetes has its reader
  for (const PlainSecret& s : plain_secrets(source.text(), source.entry().kind)) {
    auto& f = sink.find("SEC-017", source.path(), s.line, text::printable(s.name) + " = " + redact(s.value));
    f.severity = s.local ? proof::Severity::medium : proof::Severity::high;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::secrets
