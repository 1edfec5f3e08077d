#include "audit/source/script_resolved.h"

#include <algorithm>
#include <map>

#include "audit/readers/edge_limits.h"
#include "audit/source/schema.h"
#include "audit/source/script_aliases.h"
#include "audit/source/script_limiters.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// "/api/v1/users/:id": the last of its nouns that something is kept under.
std::string noun_of_path(const Schema& schema, std::string_view path) {
  std::string out;
  for (const auto part : text::split(path, '/')) {
    const std::string key = record_key(part);
    if (!part.empty() && part.front() != ':' && part.front() != '[' && (schema.records.contains(key) || people(key)))
      out = key;
  }
  return out;
}

// The functions that may stand before a handler, by their names.
class Middlewares {
 public:
  explicit Middlewares(const ScriptNotes& notes, const Flows& flows) : flows_(flows) {
    for (const auto& [key, f] : notes.functions)
      if (f.turns_away) {
        const std::size_t hash = key.rfind('#');
        all_.emplace(key.substr(hash + 1), key.substr(0, hash));
      }
  }
  bool turns_away(const ScriptGuard& g, std::string_view file) const {
    return stands_at(std::string(last(g.name)), g.module.empty() ? std::string(file) : g.module, 0);
  }

 private:
  bool stands_at(const std::string& name, const std::string& module, int renamed) const {
    const auto [from, to] = all_.equal_range(name);
    if (std::any_of(from, to, [&](const auto& m) { return m.second == module || same_module(m.second, module); }))
      return true;
    // What a module hands on alone has whatever name its user gives it.
    if (const auto [one, end] = all_.equal_range("*");
        module.rfind('.') == std::string::npos || module.rfind('.') < module.rfind('/') + 1)
      if (std::any_of(one, end, [&](const auto& m) { return same_module(m.second, module); })) return true;
    if (renamed >= 4) return false;
    const auto behind = behind_alias(flows_, {module, {}, name, {}});
    return std::any_of(behind.begin(), behind.end(),
                       [&](const Callee& c) { return stands_at(c.name, c.module, renamed + 1); });
  }

  const Flows& flows_;
  std::multimap<std::string, std::string, std::less<>> all_;  // name -> module
};

// Its own lines touch whatever record it is handed.
bool for_any(const Flow& flow) {
  return std::any_of(flow.steps.begin(), flow.steps.end(), [](const Step& s) { return s.record == kAnyRecord; });
}

}  // namespace

ResolvedRoutes resolve_routes(const Project& project, const ScriptNotes& notes) {
  const Flows& flows = project.notes<Flows>();
  const Schema& schema = project.notes<Schema>();
  ResolvedRoutes out;
  const Middlewares middlewares(notes, flows);
  const CountsCallers callers(project, flows);
  for (const ScriptRoute& r : notes.routes) {
    ResolvedRoute x{&r, r.path, r.guarded, r.limited};
    x.privileged = r.privileged;
    x.before = r.before;
    if (r.flow) x.flow = &*r.flow;
    for (const ScriptMount& m : notes.mounts) {
      if (!m.target.empty() && same_module(r.file, m.target)) {
        x.path = (m.path == "/" ? "" : m.path) + r.path;
        x.guarded = x.guarded || m.guarded;
        x.privileged = x.privileged || m.privileged;
        x.limited = x.limited || m.limited;
        x.after_json = x.after_json || m.after_json;
        x.before.insert(x.before.end(), m.before.begin(), m.before.end());
      } else if (m.target.empty() && m.file == r.file && r.path.starts_with(m.path)) {
        x.guarded = x.guarded || m.guarded;
        x.privileged = x.privileged || m.privileged;
        x.limited = x.limited || m.limited;
        x.before.insert(x.before.end(), m.before.begin(), m.before.end());
      }
    }
    for (const ScriptGuard& g : x.before) {
      x.guarded = x.guarded || middlewares.turns_away(g, r.file);
      x.limited = x.limited || callers.limits(g, r.file);
    }
    std::string handler = r.handler, handler_file = r.handler_file, about = r.about;
    for (const auto& [key, maker] : notes.made) {
      const std::size_t hash = key.rfind('#');
      if (key.substr(hash + 1) != r.handler || !same_module(key.substr(0, hash), r.handler_file)) continue;
      handler = maker.maker;
      handler_file = maker.maker_file;
      about = maker.about;
    }
    if (!handler_file.empty() || !handler.empty()) {
      for (const auto& [key, f] : notes.functions) {
        const std::size_t hash = key.rfind('#');
        if (key.substr(hash + 1) != handler || !same_module(key.substr(0, hash), handler_file)) continue;
        x.guarded = x.guarded || f.guarded;
        x.limited = x.limited || f.limited;
        out.mounted.insert(key);
        if (f.unowned && about.empty()) x.unowned = &*f.unowned;
        if (f.flow) x.flow = &*f.flow;
      }
    }
    if (x.flow != nullptr && x.flow->about.empty()) {
      if (about.empty()) about = noun_of_path(schema, x.path);
      if (!about.empty() && for_any(*x.flow)) {
        out.made.push_back(*x.flow);
        out.made.back().about = about;
        x.flow = &out.made.back();
      }
    }
    if (r.framework == "page" &&
        (notes.pages_guarded || std::any_of(notes.guarded_layouts.begin(), notes.guarded_layouts.end(),
                                            [&](const std::string& folder) { return r.at.path.starts_with(folder); })))
      x.guarded = true;
    if (r.framework == "next" && notes.middleware_guard && notes.middleware_reach.shuts(x.path)) x.guarded = true;
    if (x.flow != nullptr && asks_deeply(flows, *x.flow)) x.guarded = true;
    if (x.flow != nullptr && limits_deeply(flows, *x.flow)) x.limited = true;
    if (r.framework == "nest" && notes.nest_guard) x.guarded = true;
    if (r.framework == "next" && notes.middleware_limits) x.limited = true;
    if (project.notes<EdgeLimits>().covers(x.path)) x.limited = true;
    out.all.push_back(std::move(x));
  }
  return out;
}

}  // namespace gatehouse::audit::source
