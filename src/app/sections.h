// The tables of the file that belong to services, for everyone who reads a whole configuration.
#pragma once

#include <vector>

#include "controls/policy.h"
#include "services/billing/config.h"

namespace gatehouse::app {

// What the services were told, one member a service. Filled while the file is read.
struct ServiceConfigs {
  services::billing::BillingConfig billing;
};

// One entry a service. `configs` must outlive what is returned.
std::vector<controls::Section> sections(ServiceConfigs& configs);

}  // namespace gatehouse::app
