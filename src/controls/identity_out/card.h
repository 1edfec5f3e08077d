#pragma once

#include <span>

#include "proof/card.h"
#include "proof/probe.h"

namespace gatehouse::controls::identity_out {

extern const proof::Card kCard;
std::span<const proof::Probe> probe_list();

}  // namespace gatehouse::controls::identity_out
