// Signing as the providers do.
#pragma once

#include "kit/webhook/rules.h"
#include "kit/webhook/scheme.h"

namespace gatehouse::kit::webhook {

// See Scheme::sign. Where a scheme carries several signatures, every key signs; else the first.
Result<Signed> sign(const Rules& rules, const Outgoing& event);

}  // namespace gatehouse::kit::webhook
