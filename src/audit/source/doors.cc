#include "audit/source/doors.h"

#include <algorithm>
#include <map>

#include "audit/source/file.h"
#include "audit/source/python_notes.h"
#include "audit/source/script.h"
#include "audit/source/script_notes.h"
#include "audit/source/script_resolved.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

std::string joined(std::string_view a, std::string_view b) {
  std::string out(a);
  while (out.ends_with('/')) out.pop_back();
  if (!b.starts_with('/')) out += '/';
  return out + std::string(b);
}

DoorKind kind_of_door(const std::string& path, bool costly) {
  if (webhook_door(path)) return DoorKind::webhook;
  if (sign_in_door(path)) return DoorKind::sign_in;
  if (has_word(path, {"admin", "internal", "debug"})) return DoorKind::admin;
  if (costly || has_word(path, {"checkout", "generate", "chat", "completions", "payment", "payments"}))
    return DoorKind::costly;
  if (public_door(path) || path == "/") return DoorKind::open;
  return DoorKind::other;
}

using Ways = std::vector<Way>;

std::string upper(std::string method) {
  for (char& c : method)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return method == "ALL" || method == "USE" ? std::string() : method;
}

void script_ways(const Project& project, const ScriptNotes& notes, Ways& out) {
  for (const ResolvedRoute& x : resolve_routes(project, notes).all) {
    const ScriptRoute& r = *x.route;
    const bool own_door = r.framework != "graphql" && r.framework != "page" && r.framework != "action";
    if (!own_door || r.refuses) continue;
    const bool guarded = x.guarded || notes.guarded_files.contains(r.file);
    Way w{door_path(x.path), upper(r.method), r.method != "get" && r.method != "head", guarded, r.costly, r.at, {}};
    if (x.flow != nullptr && x.flow->end_line > 0) {
      w.handler = x.flow->at.at;
      w.handler.end_line = x.flow->end_line;
    }
    out.push_back(std::move(w));
  }
}

void python_ways(const PythonNotes& notes, Ways& out) {
  for (const PythonRoute& r : notes.routes) {
    std::string path = r.path;
    bool guarded = r.guarded || notes.global_guard;
    for (const PythonRouter& x : notes.routers)
      if (x.path == r.file && x.variable == r.router) {
        path = joined(x.prefix, path);
        guarded |= x.guarded;
      }
    std::string module = r.file.substr(0, r.file.rfind('.'));
    std::replace(module.begin(), module.end(), '/', '.');
    for (const PythonMount& m : notes.mounts) {
      const std::string target = m.target.substr(0, m.target.rfind('.'));
      if (!target.empty() && (module == target || module.ends_with("." + target))) {
        path = joined(m.prefix, path);
        guarded |= m.guarded;
      }
    }
    const bool writes =
        std::any_of(r.methods.begin(), r.methods.end(), [](const std::string& m) { return m != "get" && m != "GET"; });
    out.push_back({door_path(path), r.methods.size() == 1 ? upper(*r.methods.begin()) : std::string(), writes, guarded,
                   r.costly, r.at, r.at});
  }
}

// 'shop.urls' in include("shop.urls") as the file it means; empty when it includes something else.
std::string included_file(std::string_view shown) {
  const std::size_t call = shown.find("include(");
  if (call == shown.npos) return {};
  const std::size_t open = shown.find_first_of("\"'", call);
  if (open == shown.npos) return {};
  const std::size_t close = shown.find(shown[open], open + 1);
  if (close == shown.npos) return {};
  std::string module(shown.substr(open + 1, close - open - 1));
  std::replace(module.begin(), module.end(), '.', '/');
  return module + ".py";
}

void django_ways(const Project& project, const PythonNotes& notes, Ways& out) {
  std::map<std::string, std::string> prefixes;  // file -> what stands before its patterns
  for (const Url& u : notes.urls)
    if (const std::string file = included_file(u.shown); !file.empty())
      for (const Url& inner : notes.urls)
        if (inner.at.path == file || inner.at.path.ends_with("/" + file)) prefixes[inner.at.path] = u.pattern;
  const auto view_of = [&](std::string_view name) -> const View* {
    name = name.substr(0, name.find('('));
    const std::size_t dot = name.rfind('.');
    std::string_view bare = dot == name.npos ? name : name.substr(dot + 1);
    if (bare == "as_view" && dot != name.npos) {
      name = name.substr(0, dot);
      const std::size_t before = name.rfind('.');
      bare = before == name.npos ? name : name.substr(before + 1);
    }
    for (const View& v : notes.views)
      if (v.name == bare) return &v;
    return nullptr;
  };
  std::map<std::string, std::string> routers;  // file -> where include(router.urls) hangs
  for (const Url& u : notes.urls) {
    const auto prefix = prefixes.find(u.at.path);
    const std::string path = prefix == prefixes.end() ? u.pattern : joined(prefix->second, u.pattern);
    if (u.shown.find("include(") != u.shown.npos) {
      if (u.shown.find(".urls") != u.shown.npos && included_file(u.shown).empty()) routers[u.at.path] = path;
      continue;
    }
    const View* v = view_of(u.view);
    const bool guarded = v != nullptr && (v->login_required || v->checks_identity || v->permissions.has_value());
    out.push_back({door_path(path),
                   {},
                   v != nullptr && v->writes,
                   guarded,
                   false,
                   u.at,
                   v == nullptr ? proof::Location{} : v->at});
  }
  // DRF routers: router.register("projects", …), a list and its members.
  for (const Entry& e : project.entries()) {
    if (e.kind != Kind::python || e.role != Role::product || e.name().find("url") == e.name().npos) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    const auto prefix = prefixes.find(e.path);
    std::string base = prefix == prefixes.end() ? "" : prefix->second;
    if (const auto hung = routers.find(e.path); hung != routers.end()) base = hung->second;
    for (int i = 1; i <= source->lines(); ++i) {
      const std::string_view line = source->line(i);
      const std::size_t at = line.find(".register(");
      if (at == line.npos || line.find("admin") != line.npos) continue;
      const std::size_t open = line.find_first_of("\"'", at);
      const std::size_t close = open == line.npos ? open : line.find(line[open], open + 1);
      if (close == line.npos) continue;
      const std::size_t comma = line.find(',', close);
      const std::string_view rest = comma == line.npos ? std::string_view{} : text::trim(line.substr(comma + 1));
      const View* v = view_of(rest.substr(0, rest.find_first_of(",) ")));
      const bool guarded = v != nullptr && (v->checks_identity || v->permissions.has_value());
      out.push_back({door_path(joined(base, line.substr(open + 1, close - open - 1))),
                     {},
                     true,
                     guarded,
                     false,
                     {e.path, i, i},
                     v == nullptr ? proof::Location{} : v->at});
    }
  }
}

}  // namespace

std::string door_path(std::string_view declared) {
  std::string out = "/";
  std::string_view rest = declared;
  if (rest.starts_with('^')) rest.remove_prefix(1);
  if (rest.ends_with('$')) rest.remove_suffix(1);
  for (std::string_view part : text::split(rest, '/')) {
    if (part.empty() || (part.front() == '(' && !part.starts_with("(?P<"))) continue;  // Next's (groups)
    std::string name;
    if (part.front() == ':') {
      name = part.substr(1);
    } else if (part.front() == '<') {
      name = part.substr(part.find(':') == part.npos ? 1 : part.find(':') + 1);
    } else if (part.starts_with("(?P<")) {
      name = part.substr(4, part.find('>') - 4);
    } else if (part.front() == '[' || part.front() == '{') {
      name = part.substr(1);
    }
    if (!name.empty()) {
      std::string clean;
      for (char c : name) {
        if (!text::is_alpha(c) && !text::is_digit(c) && c != '_') break;
        clean += c;
      }
      if (clean.empty()) break;  // [...rest], {path:path}: everything below
      out += (out.ends_with('/') ? "{" : "/{") + clean + "}";
      continue;
    }
    const bool plain = std::all_of(part.begin(), part.end(), [](char c) {
      return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_' || c == '.' || c == '~';
    });
    if (!plain) break;  // a pattern: what stands before it is as far as can be told
    out += (out.ends_with('/') ? "" : "/") + std::string(part);
  }
  return out;
}

std::vector<Way> ways_of(const Project& project) {
  Ways out;
  script_ways(project, project.notes<ScriptNotes>(), out);
  python_ways(project.notes<PythonNotes>(), out);
  django_ways(project, project.notes<PythonNotes>(), out);
  return out;
}

std::vector<Door> doors_of(const Project& project) {
  std::map<std::string, Door> all;
  for (const Way& w : ways_of(project)) {
    Door& d = all[w.path];
    if (d.path.empty()) d = {w.path, kind_of_door(w.path, w.costly), w.writes, w.guarded, w.at};
    d.writes |= w.writes;
    // One way in without a question is a way in.
    d.guarded &= w.guarded;
    if (w.costly && d.kind == DoorKind::other) d.kind = DoorKind::costly;
  }
  std::vector<Door> out;
  for (auto& [path, d] : all) out.push_back(std::move(d));
  return out;
}

}  // namespace gatehouse::audit::source
