#include "audit/source/nest_roles.h"

#include <algorithm>
#include <map>
#include <vector>

#include "audit/source/recurring.h"
#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostSaid = 200;
constexpr std::size_t kMostPlaces = 40;

struct NestRoles {
  struct Said {
    Spot spot;
    std::string rank, guards;
  };
  std::vector<Said> said;
  std::set<std::string> readers;         // guards that look at what a decorator wrote down
  std::set<std::string> rank_readers;    // … other than whether a route is public
  std::set<std::string> composed;        // decorators that bring their guard along
  std::set<std::string> classes;         // every guard of the tree
  std::map<std::string, Spot> over_all;  // guards over every controller
  bool unknown = false;                  // … and one whose class nothing names
};

// Whoever is nobody may pass, how often, for how long: no rank.
bool no_rank(std::string_view key) {
  return has_word(key, {"public", "anonymous", "open", "skip", "throttle", "throttler", "cache", "timeout", "noauth"});
}

// reflector.getAllAndOverride(ROLES_KEY, …)
bool reads_ranks(const File& file, Node cls) {
  for (const Call* c : file.calls_in(cls)) {
    const std::string_view f = last(c->name);
    if ((f == "get" || f == "getAll" || f == "getAllAndOverride" || f == "getAllAndMerge") &&
        icontains(c->name, "reflector") && !no_rank(c->arg(0).text()))
      return true;
  }
  return false;
}

}  // namespace

void read_nest_guards(File& file) {
  if (!icontains_any(file.code(), {"eflector", "canactivate", "authguard(", "applydecorators"})) return;
  auto& notes = file.project.notes<NestRoles>();
  for (const Call& c : file.calls)
    if (c.name == "applyDecorators" && contains(c.node.code(), "UseGuards("))
      notes.composed.insert(function_name(function_around(c.node)));
  for (const Node c : file.tree.all("class_declaration")) {
    const std::string name(c.child("name").text());
    const Code code = c.code();
    if (contains(code, "canActivate") || contains(code, "AuthGuard(")) notes.classes.insert(name);
    if (!contains(code, "eflector")) continue;
    notes.readers.insert(name);
    if (reads_ranks(file, c)) notes.rank_readers.insert(name);
  }
}

bool note_global_guards(File& file) {
  auto& notes = file.project.notes<NestRoles>();
  bool asks = false, any = false;
  const auto keep = [&](Node at, Node value) {
    value = unwrap(value);
    any = true;
    std::string name = dotted(value);
    if (const auto c = as_call(value))
      name = c->name.starts_with("new ") ? c->name.substr(4)
             : last(c->name) == "get"    ? dotted(c->arg(0))
                                         : std::string();
    if (name.empty() || value.is("arrow_function")) {
      notes.unknown = true;
      asks = true;
      return;
    }
    name = std::string(last(name));
    asks = asks || !icontains_any(name, {"throttl", "ratelimit"});
    notes.over_all.emplace(std::move(name), Spot{place(file.path, at.line()), file.shown(at)});
  };
  for (const Node o : file.tree.all("object")) {
    if (member(o, "provide").text() != "APP_GUARD") continue;
    Node value = member(o, "useClass");
    if (!value) value = member(o, "useExisting");
    if (!value) value = member(o, "useFactory");
    if (value) keep(value, value);
  }
  for (const Call& c : file.calls)
    if (last(c.name) == "useGlobalGuards")
      for (const Node a : c.args) keep(c.node, a);
  if (!any && !icontains(file.code(), "useclass")) notes.unknown = true;
  return asks || (!any && notes.unknown);
}

void note_nest_roles(File& file, Node at, std::string rank, std::string guards) {
  auto& notes = file.project.notes<NestRoles>();
  if (notes.said.size() < kMostSaid)
    notes.said.push_back({{place(file.path, at.line()), file.shown(at)}, std::move(rank), std::move(guards)});
}

void judge_nest_roles(const Project& project, const ScriptNotes& notes, Sink& sink) {
  const auto& roles = project.notes<NestRoles>();
  // A guard over every controller that may read them: it does, or its code is not in the tree.
  const Spot* over_all = nullptr;
  if (notes.nest_guard) {
    if (roles.unknown) return;
    for (const auto& [name, spot] : roles.over_all) {
      if (icontains_any(name, {"throttl", "ratelimit"})) continue;
      if (roles.rank_readers.contains(name) || !roles.classes.contains(name) ||
          has_word(name, {"role", "roles", "permission", "permissions", "policies", "policy", "rbac", "ability"}))
        return;
      if (over_all == nullptr) over_all = &spot;
    }
    if (over_all == nullptr) return;
  }
  Recurring together(kMostPlaces + 1);  // the guard is one of them
  for (const NestRoles::Said& s : roles.said) {
    const bool read = icontains_any(s.guards, {"role", "permission", "polic", "ability", "rbac", "admin"}) ||
                      std::any_of(roles.readers.begin(), roles.readers.end(),
                                  [&](const std::string& g) { return has_token(s.guards, g); });
    if (read || roles.composed.contains(s.rank)) continue;
    if (over_all != nullptr) {
      // Stops: whoever has an account, for whom @Roles("OWNER") is a comment.
      if (auto* f = together.find(sink, "AZ-008", *over_all)) {
        f->title = "Ranks are written beside the routes, and the guards over all of them read none";
        f->fix = "Register the guard of roles too: { provide: APP_GUARD, useClass: RolesGuard }.";
      }
      together.find(sink, "AZ-008", s.spot);
      continue;
    }
    auto& f = sink.find("AZ-008", s.spot.at, s.spot.shown);
    f.title = "A rank is written beside the route, and no guard reads it";
    f.fix = "Put the guard of roles beside it: @UseGuards(JwtAuthGuard, RolesGuard).";
  }
}

}  // namespace gatehouse::audit::source
