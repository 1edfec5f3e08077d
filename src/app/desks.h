// The services of a policy, opened: what they answer, whom they call, and what they tell every route.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/backstage.h"
#include "app/sections.h"
#include "controls/control.h"
#include "gate/event_log.h"
#include "gate/gate.h"
#include "kit/events.h"
#include "kit/mount.h"

namespace gatehouse::app {

struct Desks {
  // By RouteConfig::desk.
  std::map<std::string, std::shared_ptr<const gate::Origin>, std::less<>> origins;
  // Servers outside that a service calls; they follow the policy's own upstreams in every thread's pools.
  std::vector<gate::UpstreamRuntime> upstreams;
  // Listeners for verified events, by the name that an endpoint's `handle` gives.
  std::map<std::string, std::shared_ptr<kit::EventHandler>, std::less<>> handlers;
  // Called once the whole gate is built: what was prepared takes the place of what ran.
  std::vector<std::function<void()>> adopted;
  // Adds a service's filters to one written route.
  std::vector<std::function<void(const gate::RouteConfig&, controls::Builder&)>> filters;
};

// The route of a mounted path; `tables` are more control tables in TOML. For Section::routes.
controls::ServiceRoute routed(const kit::MountedPath& at, std::string_view tables = {});

// `first_upstream`: where the pools of Desks::upstreams begin in gate::Worker::upstreams. `site.keep` holds what must
// outlive a reload.
Result<Desks> open_desks(const ServiceConfigs& services, const controls::Site& site, std::size_t first_upstream,
                         Backstage& backstage, gate::EventLog& events);

}  // namespace gatehouse::app
