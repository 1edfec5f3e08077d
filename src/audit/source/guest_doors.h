// Doors for people who have no account: they say themselves who they are, and something is booked, bought or sent.
#pragma once

#include <optional>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// A handler that takes an address and a name or number of whom it is for, and knows no account.
bool asks_guest(const syntax::Code& code);
// Where its limit counts what the caller names: rows of one mail address.
std::optional<Spot> counted_by_claim(const File& file, syntax::Node function);

}  // namespace gatehouse::audit::source
