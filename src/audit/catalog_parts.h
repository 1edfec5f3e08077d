// The pieces of the catalog, a file each. Only catalog.cc and the pieces include this.
#pragma once

#include <span>

#include "audit/catalog.h"

namespace gatehouse::audit {

std::span<const Rule> secret_rules();
std::span<const Rule> supply_rules();
std::span<const Rule> infra_rules();
std::span<const Rule> source_rules();
std::span<const Rule> live_rules();
std::span<const Rule> audit_rules();  // about the audit itself: suppressions

}  // namespace gatehouse::audit
