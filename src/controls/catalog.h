// All controls, in the order of the way in. Adding one is a folder and one line in catalog.cc.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls {

using Catalog = std::vector<std::unique_ptr<const Control>>;
Catalog catalog();

}  // namespace gatehouse::controls
