// What a verified request says about itself: id, type, mode. Only ever called after the signature held.
#pragma once

#include "kit/webhook/claim.h"
#include "kit/webhook/verdict.h"

namespace gatehouse::kit::webhook {

// Fills id, type and the rest of `out` (timestamp, digest and weak are the caller's). A body that is no JSON, or whose
// fields are not of the provider's form, is an event all the same: its holder signed it; its id is then its digest.
void read_envelope(const Rules& rules, const Incoming& request, const Claim& claim, Accepted& out);

}  // namespace gatehouse::kit::webhook
