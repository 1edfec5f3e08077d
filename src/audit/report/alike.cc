#include "audit/report/alike.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace gatehouse::audit::report {

std::vector<Alike> alike(const proof::Report& report) {
  std::vector<Alike> out;
  const auto words = [](const proof::Finding& f) {
    return std::tie(f.severity, f.id, f.title, f.confidence, f.impact, f.fix, f.mitigation, f.false_positive);
  };
  std::map<decltype(words(report.findings.front())), std::size_t> known;
  for (const proof::Finding& f : report.findings) {
    const auto [it, fresh] = known.emplace(words(f), out.size());
    if (fresh) out.emplace_back();
    out[it->second].push_back(&f);
  }
  return out;
}

std::string where(const proof::Location& place) {
  if (!place.url.empty()) return place.url;
  return place.line > 0 ? place.path + ":" + std::to_string(place.line) : place.path;
}

std::vector<Sight> sights(const Alike& all) {
  std::vector<Sight> out;
  for (const proof::Finding* f : all) {
    const bool paired = f->evidence.size() == f->locations.size();
    for (std::size_t i = 0; i < f->locations.size(); ++i) {
      Sight& s = out.emplace_back();
      s.at = where(f->locations[i]);
      s.route = f->locations[i].route;
      if (paired)
        s.evidence = {f->evidence[i]};
      else if (i == 0)
        s.evidence = f->evidence;
    }
    if (f->locations.empty()) out.push_back({{}, {}, f->evidence});
  }
  return out;
}

std::string places_of(const Alike& all) {
  return all.size() > 1 ? " (" + std::to_string(all.size()) + " places)" : std::string();
}

}  // namespace gatehouse::audit::report
