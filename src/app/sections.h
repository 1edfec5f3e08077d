// The tables of the file that belong to services, for everyone who reads a whole configuration.
#pragma once

#include <vector>

#include "controls/policy.h"
#include "services/billing/config.h"
#include "services/webhooks/config.h"

namespace gatehouse::app {

// What the services were told, one member a service. Filled while the file is read.
struct ServiceConfigs {
  services::billing::BillingConfig billing;
  services::webhooks::Config webhooks;
};

// One entry a service. `configs` must outlive what is returned.
std::vector<controls::Section> sections(ServiceConfigs& configs);

// What the services find wrong, or weak, once everything is read.
void check_services(const ServiceConfigs& configs, conf::Findings& findings);

}  // namespace gatehouse::app
