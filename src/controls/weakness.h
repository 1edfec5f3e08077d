// Findings about a configuration, as every control's check() makes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controls/control.h"
#include "proof/card.h"
#include "proof/finding.h"

namespace gatehouse::controls {

// Where a setting was written; the route's place when the setting is a default.
proof::Location locate(const Settings&, const gate::RouteConfig&);

// A finding with all the card knows, this place and this evidence.
proof::Finding weakness(const proof::Card&, std::string id, const Settings&, const gate::RouteConfig&,
                        std::string evidence);

// Reports a control that is switched off or only observes. True when it is off, so that nothing else is worth saying.
bool report_absence(const proof::Card&, std::string_view id, const Settings&, const gate::RouteConfig&,
                    std::vector<proof::Finding>&);

// "route /api/" or "every route": for evidence.
std::string describe_route(const gate::RouteConfig&);

}  // namespace gatehouse::controls
