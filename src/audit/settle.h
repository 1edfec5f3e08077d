// From what readers and checks said to what the report says: samples told apart, duplicates joined, exceptions applied.
#pragma once

#include "audit/audit.h"
#include "audit/suppress.h"

namespace gatehouse::audit {

proof::Report settle(const Project& project, Sink& sink, Ignores& ignores, const AuditOptions& options);

// Does `only` ("SEC,DJ-012") take this id? Empty takes all.
bool selected(std::string_view only, std::string_view id);

}  // namespace gatehouse::audit
