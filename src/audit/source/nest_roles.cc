#include "audit/source/nest_roles.h"

#include <algorithm>
#include <vector>

#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostSaid = 200;

struct NestRoles {
  struct Said {
    Spot spot;
    std::string guards;
  };
  std::vector<Said> said;
  std::set<std::string> readers;  // guards that look at what a decorator wrote down
};

}  // namespace

void read_nest_guards(File& file) {
  if (!contains(file.code(), "eflector")) return;
  for (const Node c : file.tree.all("class_declaration"))
    if (contains(c.code(), "eflector")) file.project.notes<NestRoles>().readers.emplace(c.child("name").text());
}

void note_nest_roles(File& file, Node at, std::string guards) {
  auto& notes = file.project.notes<NestRoles>();
  if (notes.said.size() < kMostSaid)
    notes.said.push_back({{place(file.path, at.line()), file.shown(at)}, std::move(guards)});
}

void judge_nest_roles(const Project& project, const ScriptNotes& notes, Sink& sink) {
  const auto& roles = project.notes<NestRoles>();
  if (notes.nest_guard) return;  // one over every controller may read them
  for (const NestRoles::Said& s : roles.said) {
    const bool read = icontains_any(s.guards, {"role", "permission", "polic", "ability", "rbac", "admin"}) ||
                      std::any_of(roles.readers.begin(), roles.readers.end(),
                                  [&](const std::string& g) { return has_token(s.guards, g); });
    if (read) continue;
    auto& f = sink.find("AZ-008", s.spot.at, s.spot.shown);
    f.title = "A rank is written beside the route, and no guard reads it";
    f.fix = "Put the guard of roles beside it: @UseGuards(JwtAuthGuard, RolesGuard).";
  }
}

}  // namespace gatehouse::audit::source
