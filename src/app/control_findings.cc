#include "app/control_findings.h"

#include <algorithm>

#include "app/sections.h"
#include "controls/catalog.h"

namespace gatehouse::app {

using conf::Severity;
using controls::Effective;

void add_control_findings(const controls::Policy& policy, conf::Findings& findings) {
  struct Said {
    const controls::Settings* settings;
    proof::Finding finding;
    bool accepted;
    conf::Place place;
    int more_routes = 0;
  };
  std::vector<Said> all;
  for (std::size_t i = 0; i < policy.routes.size(); ++i) {
    for (const Effective& e : policy.routes[i].controls) {
      if (e.settings->observe) continue;  // the policy itself has said that
      std::vector<proof::Finding> found;
      e.control->check(*e.settings, policy.config, policy.config.routes[i], found);
      for (proof::Finding& f : found) {
        auto known = std::find_if(all.begin(), all.end(), [&](const Said& s) {
          return s.settings == e.settings.get() && s.finding.id == f.id;
        });
        conf::Place place = policy.config.routes[i].place;
        if (e.settings->place.line > 0) place = e.settings->place;
        if (known != all.end())
          ++known->more_routes;
        else
          all.push_back({e.settings.get(), std::move(f), !e.settings->enabled, std::move(place)});
      }
    }
  }
  for (const Said& s : all) {
    bool serious = s.finding.severity >= proof::Severity::medium;
    std::string message = s.finding.evidence.empty() ? s.finding.title : s.finding.evidence.front();
    if (s.more_routes > 0)
      message +=
          " (and on " + std::to_string(s.more_routes) + (s.more_routes == 1 ? " other route)" : " other routes)");
    findings.add({serious && !s.accepted ? Severity::warning : Severity::note, s.finding.id, s.place, s.finding.control,
                  std::move(message), s.accepted ? std::string() : s.finding.mitigation});
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
