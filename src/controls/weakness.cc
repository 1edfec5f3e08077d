#include "controls/weakness.h"

#include <utility>

namespace gatehouse::controls {

std::string describe_route(const gate::RouteConfig& route) {
  if (route.path.empty()) return "every route";
  return "route " + (route.name.empty() ? route.path : route.name);
}

proof::Location locate(const Settings& settings, const gate::RouteConfig& route) {
  const conf::Place& place = settings.place.line > 0 ? settings.place : route.place;
  proof::Location location;
  location.path = place.file;
  location.line = location.end_line = place.line;
  return location;
}

proof::Finding weakness(const proof::Card& card, std::string id, const Settings& settings,
                        const gate::RouteConfig& route, std::string evidence) {
  proof::Finding finding = proof::from_card(card, std::move(id));
  finding.locations.push_back(locate(settings, route));
  finding.evidence.push_back(std::move(evidence));
  return finding;
}

bool report_absence(const proof::Card& card, std::string_view id, const Settings& settings,
                    const gate::RouteConfig& route, std::vector<proof::Finding>& out) {
  std::string name(card.id);
  if (!settings.enabled) {
    std::string reason = settings.reason.empty() ? "no reason is given" : "the reason given is: " + settings.reason;
    out.push_back(weakness(card, std::string(id), settings, route,
                           name + " is switched off for " + describe_route(route) + "; " + reason));
    return true;
  }
  if (settings.observe)
    out.push_back(weakness(card, std::string(id), settings, route,
                           name + " only observes on " + describe_route(route) + ": it records and refuses nothing"));
  return false;
}

}  // namespace gatehouse::controls
