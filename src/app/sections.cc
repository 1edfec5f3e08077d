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
  billing.check = [&configs](const gate::GateConfig& gate, conf::Findings& findings) {
    if (configs.billing.on) services::billing::check(configs.billing, gate, findings);
  };
  all.push_back(std::move(billing));

  controls::Section webhooks;
  webhooks.name = "webhooks";
  webhooks.doc = "Events of other services: verified, stored, and brought to the backend";
  webhooks.describe = [&configs](conf::Form& f) { services::webhooks::describe(f, configs.webhooks); };
  webhooks.routes = [&configs] {
    std::vector<controls::ServiceRoute> routes;
    for (const kit::MountedPath& m : services::webhooks::mounted(configs.webhooks)) routes.push_back(routed(m));
    return routes;
  };
  all.push_back(std::move(webhooks));
  return all;
}

void check_services(const ServiceConfigs& configs, conf::Findings& findings) {
  std::vector<services::webhooks::KnownHandler> handlers;
  if (configs.billing.on)
    handlers.push_back({"billing", kit::webhook::Provider::stripe, configs.billing.webhook, "billing.webhook",
                        configs.billing.webhook_place});
  services::webhooks::check(configs.webhooks, handlers, findings);
  findings.sort();
}

}  // namespace gatehouse::app
