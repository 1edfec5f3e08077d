// What the controls say about a policy as it is configured.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/conf/finding.h"
#include "controls/policy.h"

namespace gatehouse::app {

// The same thing on several routes is said once.
void add_control_findings(const controls::Policy& policy, conf::Findings& findings);

// All that `gatehouse check` says about a text, with no secret and no variable looked at.
conf::Findings judged(const std::string& text, const std::string& file, const Clock& clock);

}  // namespace gatehouse::app
