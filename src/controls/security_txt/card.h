#pragma once

#include <span>

#include "proof/card.h"
#include "proof/probe.h"

namespace gatehouse::controls::security_txt {

extern const proof::Card kCard;
std::span<const proof::Probe> probe_list();

}  // namespace gatehouse::controls::security_txt
