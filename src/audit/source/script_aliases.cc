#include "audit/source/script_aliases.h"

#include <algorithm>

#include "audit/source/script.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 5'000;

// "lib/auth.ensureUser", "lib/auth" -> "auth"
std::string_view folder_end(std::string_view module) {
  module.remove_prefix(module.rfind('/') == module.npos ? 0 : module.rfind('/') + 1);
  return module.substr(0, module.find('.', 1));
}

Callee named(const File& file, Node value) {
  value = unwrap(value);
  // cache(load) of React, memoize(load): the same function, asked less often.
  if (const auto c = as_call(value); c && c->args.size() == 1) {
    const std::string_view f = last(c->name);
    if (f == "cache" || f == "memoize" || f == "memo" || f == "once") value = unwrap(c->arg(0));
  }
  if (!value.any_of("identifier", "member_expression")) return {};
  Call call;
  call.node = value;
  call.name = dotted(value);
  if (call.name.empty() || call.name.starts_with("process.") || call.name.starts_with("this.")) return {};
  return callee_of(file, call, value);
}

void keep(const File& file, Flows& flows, std::string name, Callee callee) {
  const std::string home = module_of(file.path);
  if (name.empty() || (callee.module.empty() && callee.type.empty())) return;
  if (callee.module == home && callee.name == name) return;
  flows.aliases.emplace(std::move(name), Alias{home, std::move(callee)});
}

}  // namespace

void read_aliases(const File& file, Flows& flows) {
  if (flows.aliases.size() > kMost || flows.barrels.size() > kMost) return;
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("identifier") &&
        unwrap(d.child("value")).any_of("identifier", "member_expression", "call_expression") && !function_around(d))
      keep(file, flows, std::string(d.child("name").text()), named(file, d.child("value")));
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    if (left.starts_with("exports.") || (left.starts_with("module.exports.") && !function_around(a)))
      keep(file, flows, std::string(last(left)), named(file, a.child("right")));
    if (left != "module.exports") continue;
    for (const auto& [key, value] : members(unwrap(a.child("right"))))
      if (unwrap(value).any_of("identifier", "member_expression")) keep(file, flows, key, named(file, value));
  }
  for (const Node e : file.tree.all("export_statement")) {
    const auto source = literal(e.child("source"));
    const std::string from = source ? resolve_module(file.path, *source) : std::string();
    if (source && from.empty()) continue;
    bool listed = false;
    for (const Node clause : e.children()) {
      if (clause.any_of("export_clause", "namespace_export")) listed = true;
      if (!clause.is("export_clause")) continue;
      for (const Node s : clause.children()) {
        const Node at_home = s.child("name");
        const std::string name((s.child("alias") ? s.child("alias") : at_home).text());
        if (source)
          keep(file, flows, name, {from, {}, std::string(at_home.text()), {}});
        else
          keep(file, flows, name, named(file, at_home));
      }
    }
    if (source && !listed && e.has_token("*"))
      flows.barrels.emplace(std::string(folder_end(module_of(file.path))),
                            Alias{module_of(file.path), {from, {}, {}, {}}});
  }
}

std::vector<Callee> behind_alias(const Flows& flows, const Callee& callee) {
  std::vector<Callee> out;
  if (callee.module.empty() || !callee.type.empty()) return out;
  const auto [from, to] = flows.aliases.equal_range(callee.name);
  for (auto it = from; it != to && out.size() < 2; ++it)
    if (same_module(it->second.module, callee.module)) out.push_back(it->second.callee);
  if (!out.empty()) return out;
  const auto [first, end] = flows.barrels.equal_range(folder_end(callee.module));
  for (auto it = first; it != end && out.size() < 20; ++it)
    if (same_module(it->second.module, callee.module)) out.push_back({it->second.callee.module, {}, callee.name, {}});
  return out;
}

}  // namespace gatehouse::audit::source
