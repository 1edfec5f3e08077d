// Routes of JavaScript with all that they inherit from where they are mounted, and what answers them.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "audit/source/open_doors.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

constexpr std::size_t kMostModelTexts = 10;  // named in one finding

struct ResolvedRoute {
  const ScriptRoute* route;
  std::string path;  // the whole of it
  bool guarded, limited, after_json = false;
  const Spot* unowned = nullptr;
  bool privileged = false;
  const Flow* flow = nullptr;
  std::vector<ScriptGuard> before = {};
};

struct ResolvedRoutes {
  std::vector<ResolvedRoute> all;
  std::set<std::string> mounted;  // functions of other files that some route names
  std::deque<Flow> made;          // handlers for any record, with the one that their route is for
};

// Refers to `notes`, and each route to `made`.
ResolvedRoutes resolve_routes(const Project& project, const ScriptNotes& notes);

// Where a sign-out or a new token leaves the old one good, once for the project.
void judge_sign_outs(const ScriptNotes& notes, const std::vector<ResolvedRoute>& all, Sink& sink);

// How often a route may be asked, and at whose cost. Is shown one route after the other.
class RouteLimits {
 public:
  RouteLimits(const Project& project, const ScriptNotes& notes, Sink& sink)
      : project_(project), notes_(notes), sink_(sink) {}
  void see(const ResolvedRoute& r);
  void see_open(const ResolvedRoute& r);
  bool costly() const { return costly_.finding() != nullptr; }  // some costly route without a limit was told

 private:
  const Project& project_;
  const ScriptNotes& notes_;
  Sink& sink_;
  std::set<std::string> hosted_doors_, told_costs_;
  bool weakly_limited_ = false;
  Recurring costly_;
  Recurring open_{kMostOpenDoors};    // strangers fill a table
  Recurring texts_{kMostModelTexts};  // texts of any length go to a model
};

}  // namespace gatehouse::audit::source
