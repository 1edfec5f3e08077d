#include "audit/secrets/published_accounts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "audit/secrets/judge.h"
#include "base/text.h"

namespace gatehouse::audit::secrets {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

bool has_any(std::string_view s, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view p) { return has(s, p); });
}

// Without what Markdown puts around a word.
std::string_view bare(std::string_view s) {
  const std::string_view around = " \t`*\"'|:=()[],;-–>";
  const std::size_t from = s.find_first_not_of(around);
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(around) + 1 - from);
}

// One word that somebody could type, and no word of a description.
bool could_be_typed(std::string_view v) {
  if (v.size() < 4 || v.size() > 40 || is_sample(v) || v.find_first_of(" \t<>{}$") != std::string_view::npos)
    return false;
  if (has(v, "://") || has(v, "/") || has(v, "()") || (has(v, "@") && has(v.substr(v.find('@')), "."))) return false;
  const bool digit = std::any_of(v.begin(), v.end(), [](char c) { return text::is_digit(c); });
  const bool letter = std::any_of(v.begin(), v.end(), [](char c) { return text::is_alpha(c); });
  const std::string low = text::to_lower(v);
  if (!digit) return low == "admin" || low == "password" || low == "secret";
  return letter || v.size() <= 8;
}

bool account(std::string_view s) {
  const std::size_t at = s.find('@');
  return (at != std::string_view::npos && at > 0 && text::is_alpha(s[at - 1]) && has(s.substr(at), ".")) ||
         has_any(text::to_lower(s), {"username: ", "username**: ", "user: ", "login: ", "username:** "});
}

// The password that a line gives: "Password: `Admin@123`", "a@b.c / Admin@123", a row of a table.
std::string_view password_of(std::string_view line, bool table_of_passwords) {
  const std::string low = text::to_lower(line);
  if (table_of_passwords && line.find('|') != std::string_view::npos && account(line)) {
    for (const std::string_view cell : text::split(line, '|'))
      if (!account(cell) && could_be_typed(bare(cell))) return bare(cell);
    return {};
  }
  for (const std::string_view word : {"password", "passwort", "contraseña", "mot de passe", "senha", "pin"}) {
    std::size_t at = low.find(word);
    if (at == std::string::npos || (word == "pin" && at > 0 && text::is_alpha(low[at - 1]))) continue;
    std::string_view rest = line.substr(at + word.size());
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos || colon > 4) continue;
    rest = text::trim(rest.substr(colon + 1));
    while (!rest.empty() && (rest.front() == '*' || rest.front() == ' ' || rest.front() == '`')) rest.remove_prefix(1);
    const std::string_view value = bare(rest.substr(0, rest.find_first_of(" \t`,|")));
    if (could_be_typed(value)) return value;
  }
  // admin@shop.test / Admin@123
  const std::size_t slash = line.find(" / ");
  if (slash == std::string_view::npos || !account(line.substr(0, slash))) return {};
  const std::string_view rest = text::trim(line.substr(slash + 3));
  const std::string_view value = bare(rest.substr(0, rest.find_first_of(" \t|,)")));
  return could_be_typed(value) ? value : std::string_view();
}

// Bodies of calls, settings and code: what stands there is an example of a form.
bool shows_a_call(std::string_view line) {
  return has_any(line,
                 {"{", "\"password\"", "'password'", "curl ", "PASSWORD=", "_PASS", "password=", "const ", "://"});
}

}  // namespace

void read_published_accounts(const Source& source, Sink& sink) {
  if (!has_any(source.text(), {"assword", "asswort", "PIN", "ontraseña", "enha", " / "})) return;
  proof::Finding* told = nullptr;
  bool table = false;
  for (int i = 1; i <= source.lines(); ++i) {
    const std::string_view line = source.line(i);
    if (line.size() > 400 || shows_a_call(line)) continue;
    const std::string low = text::to_lower(line);
    if (line.find('|') == std::string_view::npos) {
      table = false;
    } else if (has_any(low, {"password", "passwort", "contraseña", "senha"}) && !has(line, "@")) {
      table = true;
      continue;
    }
    const std::string_view password = password_of(line, table);
    if (password.empty()) continue;
    std::string around;
    bool named = false;
    for (int k = std::max(1, i - 6); k <= std::min(source.lines(), i + 2); ++k) {
      if (!shows_a_call(source.line(k)) && std::abs(k - i) <= 2) named |= account(source.line(k));
      around += text::to_lower(source.line(k)) + "\n";
    }
    if (!named) continue;
    if (told != nullptr) {
      if (told->locations.size() < 8) told->locations.push_back({std::string(source.path()), i, i, {}});
      continue;
    }
    told = &sink.find("SEC-019", source.path(), i, "a password of " + std::to_string(password.size()) + " characters");
    const bool staff = has_any(around, {"admin", "superuser", "root", "manager", "owner"});
    if (staff && has_any(around, {"seed", "default", "create", "set-up", "setup", "initial", "fixture"}))
      told->severity = proof::Severity::high;
  }
}

}  // namespace gatehouse::audit::secrets
