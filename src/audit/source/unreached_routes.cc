#include "audit/source/unreached_routes.h"

#include <algorithm>
#include <map>
#include <vector>

#include "audit/project.h"
#include "audit/source/file.h"
#include "audit/source/python_notes.h"
#include "audit/source/script_notes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

namespace {

constexpr std::size_t kMostOfOneRouter = 200;

struct Way {
  std::string_view method, handler;
  std::vector<std::string_view> parts;
  const proof::Location* at;
  const std::string* shown;
};

// ":id" and "{id}" take any word; ":id(\\d+)", "{id:int}" and "*" are left to themselves.
bool any_word(std::string_view part) {
  if (part.starts_with(':'))
    return part.size() > 1 && std::all_of(part.begin() + 1, part.end(),
                                          [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; });
  return part.starts_with('{') && part.ends_with('}') && part.find(':') == part.npos;
}

bool plain_word(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

bool takes(const Way& earlier, const Way& later) {
  if (earlier.method != later.method && earlier.method != "all") return false;
  if (earlier.parts.size() != later.parts.size() || earlier.handler == later.handler) return false;
  bool swallowed = false;
  for (std::size_t i = 0; i < earlier.parts.size(); ++i) {
    const std::string_view e = earlier.parts[i], l = later.parts[i];
    if (any_word(e)) {
      if (!plain_word(l) && !any_word(l)) return false;
      swallowed = swallowed || plain_word(l);
    } else if (e != l) {
      return false;
    }
  }
  return swallowed;
}

// The handler gives the request on: next(), next("route").
bool hands_on(const Project& project, const proof::Location& at) {
  const auto source = project.open(at.path);
  if (!source) return true;
  for (int i = at.line; i <= std::min(at.line + 25, source->lines()); ++i) {
    const std::string_view line = source->line(i);
    if (i > at.line && (line.find("router.") != line.npos || line.find("app.") != line.npos)) break;
    if (line.find("next()") != line.npos || line.find("next('route')") != line.npos ||
        line.find("next(\"route\")") != line.npos)
      return true;
  }
  return false;
}

using Routers = std::map<std::string, std::vector<Way>>;

void keep(Routers& routers, const std::string& router, Way way) {
  std::vector<Way>& all = routers[router];
  if (all.size() < kMostOfOneRouter) all.push_back(std::move(way));
}

class UnreachedRoutes final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override {
    Routers routers;
    const ScriptNotes& scripts = project.notes<ScriptNotes>();
    if (!project.depends_on("fastify"))
      for (const ScriptRoute& r : scripts.routes)
        if (r.framework == "express" || r.framework == "nest")
          // One file may make several routers: router.get(…), admin.get(…).
          keep(routers, r.file + "#" + (r.framework == "nest" ? "" : r.shown.substr(0, r.shown.find('.'))),
               {r.method, r.handler, text::split(r.path, '/'), &r.at, &r.shown});
    const PythonNotes& pythons = project.notes<PythonNotes>();
    for (const PythonRoute& r : pythons.routes)
      if (r.framework == "fastapi")
        for (const std::string& method : r.methods)
          keep(routers, r.file + "#" + r.router, {method, r.function, text::split(r.path, '/'), &r.at, &r.shown});
    for (auto& [router, ways] : routers) {
      std::stable_sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) { return a.at->line < b.at->line; });
      for (std::size_t i = 1; i < ways.size(); ++i) {
        const auto before = std::find_if(ways.begin(), ways.begin() + static_cast<std::ptrdiff_t>(i),
                                         [&](const Way& w) { return takes(w, ways[i]); });
        if (before == ways.begin() + static_cast<std::ptrdiff_t>(i) || hands_on(project, *before->at)) continue;
        auto& f = sink.find("RUN-006", *ways[i].at, *ways[i].shown);
        f.locations.push_back(*before->at);
        f.evidence.push_back(*before->shown);
      }
    }
  }
};

}  // namespace

std::unique_ptr<Check> unreached_routes_check() { return std::make_unique<UnreachedRoutes>(); }

}  // namespace gatehouse::audit::source
