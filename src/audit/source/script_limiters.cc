#include "audit/source/script_limiters.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_aliases.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kDeepest = 4;  // lists in lists, makers of makers, names for names

std::string root_of(std::string_view name) { return std::string(name.substr(0, name.find_first_of(".("))); }

// The value counts callers, or is a list of which one does, or makes such.
bool counts(const File& file, Node value, int depth = 0) {
  value = unwrap(value);
  if (!value || depth > kDeepest) return false;
  if (is_function(value)) return !parameters_of(value).empty() && asks_limit(value.code());
  if (value.is("identifier")) {
    const Node made = value_of(file, value);
    return !(made == value) && counts(file, made, depth + 1);
  }
  if (value.is("spread_element")) return counts(file, value.first(), depth + 1);
  if (value.is("array")) {
    const auto all = value.children();
    return std::any_of(all.begin(), all.end(), [&](Node n) { return counts(file, n, depth + 1); });
  }
  const auto made = value.any_of("call_expression", "new_expression") ? as_call(value) : std::nullopt;
  if (!made || made->name == "require") return false;
  if (limit_middleware(made->name)) return true;
  if (const auto it = file.imports.find(root_of(made->name)); it != file.imports.end())
    return icontains_any(it->second, {"rate-limit", "ratelimit", "slow-down", "slowdown", "throttle", "express-brute"});
  const Node maker = unwrap(made->node.child("function"));
  if (!maker.is("identifier")) return false;
  for (const Node f : file.tree.all("function_declaration"))
    if (f.child("name").text() == maker.text()) return asks_limit(f.code());
  return counts(file, maker, depth + 1);
}

}  // namespace

void read_limiters(const File& file) {
  if (!icontains_any(file.code(), {"ratelimit", "rate-limit", "rate_limit", "slowdown", "slow-down", "limiter",
                                   "throttle", "brute", "429"}))
    return;
  auto& named = file.project.notes<Limiters>().named;
  const std::string module = module_of(file.path);
  const auto note = [&](std::string_view name, Node value) {
    if (!name.empty() && counts(file, value)) named.emplace(name, module);
  };
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("identifier")) note(d.child("name").text(), d.child("value"));
  for (const Node p : file.tree.all("pair")) note(p.child("key").text(), p.child("value"));
  for (const Node s : file.tree.all("shorthand_property_identifier")) {
    const Node made = value_of(file, s);
    if (!(made == s)) note(s.text(), made);
  }
  for (const Node f : file.tree.all("public_field_definition")) note(f.child("name").text(), f.child("value"));
  for (const Node f : file.tree.all("field_definition")) note(f.child("property").text(), f.child("value"));
  for (const char* type : {"function_declaration", "method_definition"})
    for (const Node f : file.tree.all(type))
      if (asks_limit(f.code())) named.emplace(f.child("name").text(), module);
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    if (left == "module.exports")
      note("*", a.child("right"));
    else if (left.find("exports.") != std::string::npos || left.starts_with("this."))
      note(last(left), a.child("right"));
  }
  for (const Node e : file.tree.all("export_statement"))
    if (const Node value = e.child("value")) note("*", value);
}

// Stops: nothing by itself; it keeps a door with a limit on its mount from being told as one without.
bool CountsCallers::limits(const ScriptGuard& g, std::string_view file) const {
  const std::string_view name = last(g.name), module = g.module.empty() ? file : std::string_view(g.module);
  if (stands_at(name, module, 0)) return true;
  // What a module hands on alone has whatever name its user gives it.
  return name == g.name && !g.module.empty() && stands_at("*", module, kDeepest);
}

bool CountsCallers::stands_at(std::string_view name, std::string_view module, int renamed) const {
  const auto [from, to] = limiters_.named.equal_range(name);
  for (auto it = from; it != to; ++it)
    if (it->second == module || same_module(it->second, module)) return true;
  if (renamed >= kDeepest) return false;
  const auto behind = behind_alias(flows_, {std::string(module), {}, std::string(name), {}});
  return std::any_of(behind.begin(), behind.end(),
                     [&](const Callee& c) { return stands_at(c.name, c.module, renamed + 1); });
}

}  // namespace gatehouse::audit::source
