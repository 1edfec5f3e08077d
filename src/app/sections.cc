#include "app/sections.h"

#include "app/desks.h"

namespace gatehouse::app {

std::vector<controls::Section> sections(ServiceConfigs& configs) {
  std::vector<controls::Section> all;
  controls::Section billing{"billing", "Stripe for whoever is signed in; the key stays here",
                            [&configs](conf::Form& f) { services::billing::describe(f, configs.billing); }};
  billing.routes = [&configs] {
    std::vector<controls::ServiceRoute> routes;
    if (!configs.billing.on) return routes;
    for (const auto& m : services::billing::mounted(configs.billing)) routes.push_back(routed(m.at, m.tables));
    return routes;
  };
  all.push_back(std::move(billing));
  return all;
}

}  // namespace gatehouse::app
