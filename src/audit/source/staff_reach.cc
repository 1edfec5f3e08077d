#include "audit/source/staff_reach.h"

#include <map>
#include <tuple>

#include "audit/source/script_staff.h"

namespace gatehouse::audit::source {
namespace {

// An administrator acts for others, names what was paid at the counter, and sees everybody: that is the work.
bool staffs_work(const proof::Finding& f) {
  return f.id == "AZ-001" || f.id == "AZ-002" || (f.id == "PAY-001" && f.title.find("odel") == std::string::npos) ||
         (f.id == "FA-005" && f.severity == proof::Severity::medium);
}

}  // namespace

void take_back_for_staff(const Flows& flows, const std::vector<ResolvedRoute>& all, Sink& sink) {
  std::map<std::tuple<std::string, int, int>, bool> kept;  // lines of a handler -> all its routes are for staff
  for (const ResolvedRoute& r : all) {
    if (r.flow == nullptr || r.flow->end_line == 0) continue;
    const bool staff = r.flow->staff || (r.guarded && stands_for_staff(flows, r.before, r.route->file));
    const auto [it, first] = kept.try_emplace({r.flow->at.at.path, r.flow->at.at.line, r.flow->end_line}, staff);
    if (!first) it->second = it->second && staff;
  }
  for (const auto& [lines, staff] : kept) {
    if (!staff) continue;
    const auto& [path, from, to] = lines;
    for (const proof::Finding& f : sink.findings())
      if (staffs_work(f) && !f.locations.empty() && f.locations.front().path == path &&
          f.locations.front().line >= from && f.locations.front().line <= to)
        sink.take_back(f);
  }
}

}  // namespace gatehouse::audit::source
