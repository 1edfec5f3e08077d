// log_policy: what the record holds and what it never holds. gate/record.cc enforces it; [log] is the gate's own table.
#pragma once

#include <memory>

#include "controls/control.h"

namespace gatehouse::controls::log_policy {

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::log_policy
