// Words that make an address everybody's, and where they do not: PUT /orders/{id}/status names one order.
#pragma once

#include <string_view>

namespace gatehouse::audit::source {

// public_door(), of an address that may name a record by its id. Behind a sign-in nothing is meant for strangers but
// the ways in themselves.
bool open_to_all(std::string_view path, bool writes, bool guarded);

}  // namespace gatehouse::audit::source
