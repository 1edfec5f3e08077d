// limits: no client takes more than its share. Enforced by the server in net and by the gate; its numbers stand in
// [limits] and in a route's body_limit.
#pragma once

#include <memory>

#include "controls/control.h"

namespace gatehouse::controls::limits {

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::limits
