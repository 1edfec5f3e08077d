#include "audit/source/named_members.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/text.h"

namespace gatehouse::audit::source {

namespace {

constexpr std::size_t npos = std::string_view::npos;

// What a project's own classes usually live in.
constexpr std::string_view kModules[] = {"models",   "schemas",   "serializers", "services",
                                         "entities", "documents", "tables",      "dto"};

// Packages of others that have modules of these names.
constexpr std::string_view kForeign[] = {"django",   "rest_framework", "tortoise", "torchvision",   "sqlalchemy",
                                         "odoo",     "gensim",         "keras",    "tensorflow",    "transformers",
                                         "wagtail",  "ninja",          "pydantic", "qdrant_client", "mongoengine",
                                         "sqlmodel", "beanie",         "stripe",   "allauth",       "peewee"};

bool letter(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

std::string_view word_at(std::string_view s, std::size_t at) {
  std::size_t end = at;
  while (end < s.size() && letter(s[end])) ++end;
  return s.substr(at, end - at);
}

struct Module {
  std::string path;      // .models
  std::size_t line = 0;  // where its import begins
  bool blocked = false;
  std::set<std::string, std::less<>> names;
};

struct Use {
  std::size_t at = 0, size = 0;  // of `models.`
  std::string_view module, name;
};

using Modules = std::map<std::string, Module, std::less<>>;

bool foreign(std::string_view package) {
  const std::string_view first = package.substr(0, package.find('.'));
  return std::find(std::begin(kForeign), std::end(kForeign), first) != std::end(kForeign);
}

void note(Modules& modules, std::string_view name, std::string path, std::size_t line, bool other) {
  if (std::find(std::begin(kModules), std::end(kModules), name) == std::end(kModules)) return;
  const auto [at, fresh] = modules.try_emplace(std::string(name));
  at->second.blocked = at->second.blocked || !fresh || other;
  at->second.path = std::move(path);
  at->second.line = line;
}

// The imports that begin a line, and every name that one of them brings.
Modules imported(std::string_view s, std::set<std::string, std::less<>>& bound) {
  Modules out;
  for (std::size_t line = 0; line < s.size();) {
    const std::size_t stop = std::min(s.find('\n', line), s.size());
    std::string_view whole = s.substr(line, stop - line);
    const std::size_t begin = line;
    line = stop + 1;
    if (whole.starts_with("class ")) bound.emplace(word_at(whole, 6));
    if (const std::string_view first = word_at(whole, 0); !first.empty() && first.size() < whole.size()) {
      const std::string_view rest = text::trim(whole.substr(first.size()));
      if (rest.starts_with("=") || rest.starts_with(":")) bound.emplace(first);
    }
    if (!whole.starts_with("from ") && !whole.starts_with("import ")) continue;
    if (whole.find('(') != npos && whole.find(')') == npos)
      whole = s.substr(begin, std::min(s.find(')', begin), s.size()) - begin);
    const std::size_t import = whole.starts_with("import ") ? 0 : whole.find(" import ");
    if (import == npos) continue;
    const std::string_view package =
        whole.starts_with("import ") ? std::string_view() : text::trim(whole.substr(5, import - 5));
    std::string_view list = whole.substr(import + (import == 0 ? 7 : 8));
    list = list.substr(0, list.find('#') == npos || list.find('\n') != npos ? npos : list.find('#'));
    for (const std::string_view part : text::split(list, ',')) {
      std::string_view item = text::trim(part);
      while (!item.empty() && (item.front() == '(' || item.front() == '\n' || item.front() == ' '))
        item.remove_prefix(1);
      while (!item.empty() && (item.back() == ')' || item.back() == '\n' || item.back() == ' ')) item.remove_suffix(1);
      const std::size_t as = item.find(" as ");
      const std::string_view what = text::trim(item.substr(0, as));
      const std::string_view name = as == npos ? what : text::trim(item.substr(as + 4));
      bound.emplace(name);
      if (package.empty()) {  // import app.models as models
        if (as != npos) note(out, name, std::string(what), begin, foreign(what));
        continue;
      }
      note(out, name, std::string(package) + (package.ends_with('.') ? "" : ".") + std::string(what), begin,
           foreign(package));
    }
  }
  return out;
}

std::vector<Use> uses_of(std::string_view s, const Modules& modules) {
  std::vector<Use> out;
  for (const auto& [name, module] : modules) {
    if (module.blocked) continue;
    const std::string mark = name + ".";
    for (std::size_t at = s.find(mark); at != npos; at = s.find(mark, at + 1)) {
      const char before = at == 0 ? '\n' : s[at - 1];
      if (letter(before) || before == '.' || before == '"' || before == '\'' || before == '/') continue;
      const std::string_view member = word_at(s, at + mark.size());
      if (!member.empty() && member.front() >= 'A' && member.front() <= 'Z')
        out.push_back({at, mark.size(), name, member});
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> with_named_members(std::string_view s) {
  if (std::none_of(std::begin(kModules), std::end(kModules), [&](std::string_view m) {
        const std::size_t at = s.find(m);
        return at != npos && s.find(std::string(m) + ".", at) != npos;
      }))
    return std::nullopt;
  std::set<std::string, std::less<>> bound;
  Modules modules = imported(s, bound);
  std::vector<Use> uses = uses_of(s, modules);
  // models.User beside schemas.User: which is meant is told by the module alone.
  std::map<std::string_view, std::set<std::string_view>> homes;
  for (const Use& u : uses) homes[u.name].insert(u.module);
  std::erase_if(uses, [&](const Use& u) { return bound.contains(u.name) || homes[u.name].size() > 1; });
  if (uses.empty()) return std::nullopt;
  std::sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) { return a.at < b.at; });
  for (const Use& u : uses) modules.find(u.module)->second.names.emplace(u.name);

  std::vector<std::pair<std::size_t, std::string>> imports;
  for (const auto& [name, module] : modules) {
    if (module.names.empty()) continue;
    std::string said;
    for (const std::string& n : module.names) said += (said.empty() ? "" : ", ") + n;
    imports.emplace_back(module.line, "from " + module.path + " import " + said + "; ");
  }
  std::sort(imports.begin(), imports.end());
  std::string out;
  out.reserve(s.size() + 256);
  std::size_t done = 0;
  auto next = imports.begin();
  const auto go_to = [&](std::size_t at) {
    for (; next != imports.end() && next->first <= at; ++next) {
      out.append(s.substr(done, next->first - done));
      done = next->first;
      out += next->second;
    }
    out.append(s.substr(done, at - done));
    done = at;
  };
  for (const Use& u : uses) {
    go_to(u.at);
    done += u.size;
  }
  go_to(s.size());
  return out;
}

}  // namespace gatehouse::audit::source
