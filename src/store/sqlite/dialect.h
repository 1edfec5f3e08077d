// PostgreSQL's words of a table's making, as SQLite says them.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::store {

// BIGINT, BYTEA and the identity key replaced (upper case, whole words only); CREATE TABLE ends in STRICT.
std::string to_sqlite(std::string_view statement);

}  // namespace gatehouse::store
