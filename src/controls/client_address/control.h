// client_address: an address is believed only from who is listed. Enforced by gate/ingress.h; configured in [ingress].
#pragma once

#include <memory>

#include "controls/control.h"

namespace gatehouse::controls::client_address {

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::client_address
