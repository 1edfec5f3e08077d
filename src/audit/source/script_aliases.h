// Functions that a module hands on under another name, or from another module: export const ensureUser =
// userFromSession, export { load as read } from "./rows", export * from "./guards".
#pragma once

#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

void read_aliases(const File& file, Flows& flows);
// What a name of a module stands for, each one step further.
std::vector<Callee> behind_alias(const Flows& flows, const Callee& callee);

}  // namespace gatehouse::audit::source
