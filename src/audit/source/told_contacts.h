// Addresses and numbers of those who own what everybody may read: populate("owner", "name email").
#pragma once

#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

// Where the owner of a record is joined to it with a way to reach him.
std::optional<Spot> contacts_asked(const File& file, syntax::Node code);
// Stops: the addresses of all sellers, gathered by a stranger from one list.
void judge_contacts(const Flows& flows, const Flow& flow, Sink& sink);

}  // namespace gatehouse::audit::source
