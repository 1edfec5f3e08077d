// The gate does not open with a secret missing, weak, borrowed or meant for another environment (judge.h).
#pragma once

#include <memory>

#include "controls/control.h"

namespace gatehouse::controls::startup {

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::startup
