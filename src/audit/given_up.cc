#include "audit/given_up.h"

#include <algorithm>
#include <set>

#include "audit/catalog.h"
#include "audit/project.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

using proof::Finding;

constexpr std::string_view kGap = "GAP-001";
constexpr std::size_t kTold = 20;   // findings of their own
constexpr std::size_t kLines = 40;  // lines under "not checked"

bool about(const Finding& f, const std::string& path) {
  return !f.locations.empty() && f.locations.front().path == path;
}

}  // namespace

void doubt(const std::vector<GivenUp>& given_up, std::deque<Finding>& findings) {
  for (const GivenUp& g : given_up)
    for (const auto& [from, to] : g.doubtful)
      for (std::size_t i = from; i < to && i < findings.size(); ++i) {
        Finding& f = findings[i];
        if (!about(f, g.path)) continue;
        f.confidence = proof::Confidence::low;
        f.evidence.emplace_back("The file was not read to its end; what is missed here may stand in the rest.");
      }
}

void charge(const Project& project, const std::vector<GivenUp>& given_up, std::deque<Finding>& findings) {
  for (const GivenUp& g : given_up) {
    const Entry* e = project.entry(g.path);
    if (e != nullptr && g.searched && e->role != Role::product && e->role != Role::bundle) continue;
    const auto same = std::find_if(findings.begin(), findings.end(),
                                   [&](const Finding& f) { return f.id == kGap && about(f, g.path); });
    const bool told = same != findings.end();
    Finding& f = told ? *same : findings.emplace_back(finding_of(kGap));
    if (!told) f.locations.push_back({g.path, e == nullptr ? 0 : 1, e == nullptr ? 0 : 1, {}});
    f.evidence.push_back(g.why +
                         (g.searched ? "; searched for secrets all the same" : "; not even searched for secrets"));
  }
}

void tell(const std::vector<GivenUp>& given_up, proof::Report& report) {
  std::set<std::string> open;
  for (const Finding& f : report.findings)
    if (f.id == kGap) open.insert(f.locations.front().path);
  report.given_up.assign(open.begin(), open.end());
  std::size_t lines = 0;
  for (const GivenUp& g : given_up)
    if (++lines <= kLines) report.not_checked.push_back(text::printable(g.path) + ": " + g.why);
  if (lines > kLines) report.not_checked.push_back(std::to_string(lines - kLines) + " more that were given up");
  std::size_t told = 0;
  std::erase_if(report.findings, [&](const Finding& f) { return f.id == kGap && ++told > kTold; });
  if (!open.empty()) report.complete = false;
}

}  // namespace gatehouse::audit
