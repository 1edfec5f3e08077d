// What the database itself says of the rows that pages write and read: policies, triggers, the lack of both.
#pragma once

#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Whom the policies of a table let in for select, insert, update or delete; `unknown` where no SQL speaks of it.
enum class DatabaseDoor : unsigned char { unknown, shut, staff, owner, account, all };
DatabaseDoor database_door(const Project& project, std::string_view table, std::string_view verb);
// A trigger or a condition of the SQL in the tree says what the field of a new row may be.
bool set_by_database(const Project& project, std::string_view table, std::string_view field);
// The product's pages ask a database themselves: Supabase or Firebase.
bool keeps_in_browser(const Project& project);
bool asks_database(const File& file);  // … as the project's packages or the file's own words say
// Some server of the tree holds a sum that a payment provider tells against another.
bool sums_compared(const Project& project);

}  // namespace gatehouse::audit::source
