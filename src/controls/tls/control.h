// tls: what the listeners and the upstream connections speak. net enforces it; [tls] is the gate's own table.
#pragma once

#include <memory>

#include "controls/control.h"

namespace gatehouse::controls::tls {

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::tls
