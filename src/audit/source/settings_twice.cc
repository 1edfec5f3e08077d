#include "audit/source/settings_twice.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool settings_name(std::string_view name) {
  return name.size() > 3 && std::all_of(name.begin(), name.end(),
                                        [](char c) { return (c >= 'A' && c <= 'Z') || text::is_digit(c) || c == '_'; });
}

// What somebody may do hangs on it.
bool guards(std::string_view key) {
  return has_word(key, {"authentication", "permission", "throttle", "throttles", "validators", "renderer", "middleware",
                        "backends", "classes", "rates"});
}

// The keys of a dictionary, or the items of a list.
std::set<std::string> parts_of(Node value) {
  std::set<std::string> out;
  if (value.is("dictionary")) {
    for (const auto& [key, what] : members(value)) out.insert(key);
  } else {
    for (const Node n : value.children())
      if (const auto said = literal(n)) out.insert(*said);
  }
  return out;
}

}  // namespace

// Stops: the sign-in that is configured at the top of the file and gone again at its end.
void read_settings_twice(File& file) {
  if (!icontains_any(file.path, {"settings", "config"})) return;
  std::map<std::string, Node, std::less<>> first;
  for (const Node s : file.tree.root().children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (!a.is("assignment") || !a.child("left").is("identifier")) continue;
    const std::string name(a.child("left").text());
    const Node value = unwrap(a.child("right"));
    if (!settings_name(name) || !value.any_of("dictionary", "list", "tuple")) continue;
    const auto [at, fresh] = first.emplace(name, a);
    if (fresh) continue;
    if (has_token(value.code(), name)) continue;
    const auto before = parts_of(unwrap(at->second.child("right"))), now = parts_of(value);
    std::string lost;
    bool grave = false;
    for (const std::string& part : before) {
      if (now.contains(part)) continue;
      lost += (lost.empty() ? "" : ", ") + part;
      grave = grave || guards(part) || guards(name);
    }
    if (lost.empty()) continue;
    auto& f = file.hit("RUN-004", a);
    f.title = name + " is assigned a second time and replaces the first: " + text::printable(lost, 120) + " is lost";
    f.severity = grave ? proof::Severity::high : proof::Severity::medium;
    f.confidence = proof::Confidence::high;
    f.impact = "The framework's own defaults hold in place of what is written above: other ways to sign in, no limits.";
    f.fix = "Write the setting down once.";
    also(f, file, at->second);
  }
}

}  // namespace gatehouse::audit::source
