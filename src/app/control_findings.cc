#include "app/control_findings.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "app/sections.h"
#include "controls/catalog.h"

namespace gatehouse::app {

using conf::Severity;
using controls::Effective;

namespace {

// A finding, and where it holds.
struct Said {
  const controls::Settings* settings;
  int nth;  // of its id on one route: two origins on a route are two findings, the same two on the next are no more
  proof::Finding finding;
  conf::Place place;
  std::set<std::pair<int, std::string>> routes{};  // line and path: a route that is repeated for each host is one
};

// Where the words that a finding is about stand: the control's own table, else what the control says, else the file.
conf::Place place_of(const controls::Settings& settings, const proof::Finding& f, const gate::GateConfig& config) {
  if (settings.place.line > 0) return settings.place;
  if (!f.locations.empty() && f.locations.front().line > 0)
    return {f.locations.front().path, f.locations.front().line, 1};
  return {config.routes.empty() ? std::string() : config.routes.front().place.file, 0, 0};
}

std::vector<Said> asked(const controls::Policy& policy) {
  std::vector<Said> all;
  // What holds for the whole gate looks at all of it in one go: asked once, each of its findings is one.
  for (const Effective& e : policy.fallback.controls) {
    if (e.control->per_route() || e.settings->observe) continue;  // of observing the policy itself has said it
    std::vector<proof::Finding> found;
    e.control->check(*e.settings, policy.config, {}, found);
    for (proof::Finding& f : found) {
      conf::Place place = place_of(*e.settings, f, policy.config);
      all.push_back({e.settings.get(), static_cast<int>(all.size()), std::move(f), std::move(place)});
    }
  }
  for (std::size_t i = 0; i < policy.routes.size(); ++i) {
    const gate::RouteConfig& route = policy.config.routes[i];
    for (const Effective& e : policy.routes[i].controls) {
      if (!e.control->per_route() || e.settings->observe) continue;
      std::vector<proof::Finding> found;
      e.control->check(*e.settings, policy.config, route, found);
      std::map<std::string, int> counted;
      for (proof::Finding& f : found) {
        const int nth = counted[f.id]++;
        conf::Place place = e.settings->place.line > 0 ? e.settings->place : route.place;
        auto known = std::find_if(all.begin(), all.end(), [&](const Said& s) {
          return s.settings == e.settings.get() && s.finding.id == f.id && s.nth == nth;
        });
        if (known == all.end()) {
          known = all.insert(known, {e.settings.get(), nth, std::move(f), std::move(place)});
        } else if (f.severity > known->finding.severity) {
          known->finding = std::move(f);  // said once, as it is where it weighs most
          known->place = std::move(place);
        }
        known->routes.emplace(route.place.line, route.path);
      }
    }
  }
  return all;
}

}  // namespace

void add_control_findings(const controls::Policy& policy, conf::Findings& findings) {
  for (const Said& s : asked(policy)) {
    const bool serious = s.finding.severity >= proof::Severity::medium, accepted = !s.settings->enabled;
    std::string message = s.finding.evidence.empty() ? s.finding.title : s.finding.evidence.front();
    if (s.routes.size() > 1)
      message += " (and on " + std::to_string(s.routes.size() - 1) +
                 (s.routes.size() == 2 ? " other route)" : " other routes)");
    findings.add({serious && !accepted ? Severity::warning : Severity::note, s.finding.id, s.place, s.finding.control,
                  std::move(message), accepted ? std::string() : s.finding.mitigation});
  }
  findings.sort();
}

conf::Findings judged(const std::string& text, const std::string& file, const Clock& clock) {
  conf::Findings findings;
  const controls::Catalog catalog = controls::catalog();
  ServiceConfigs services;
  const controls::Policy policy = controls::load(text, file, catalog, clock, findings, sections(services));
  check_services(services, findings);
  if (!findings.has_errors()) add_control_findings(policy, findings);
  findings.sort();
  return findings;
}

}  // namespace gatehouse::app
