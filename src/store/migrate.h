// The tables of a component brought up to date, on whatever database.
#pragma once

#include <functional>
#include <string>

#include "store/db.h"

namespace gatehouse::store {

// Applies the steps that are missing, each statement through `dialect` first, and remembers them with their digests.
// Problem code store_schema as in Db::migrate.
Result<void> migrate(Transaction& t, std::string_view component, std::span<const Migration> steps,
                     const std::function<std::string(std::string_view)>& dialect);

}  // namespace gatehouse::store
