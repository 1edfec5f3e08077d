#pragma once

#include "proof/card.h"

namespace gatehouse::controls::startup {

extern const proof::Card kCard;

}  // namespace gatehouse::controls::startup
