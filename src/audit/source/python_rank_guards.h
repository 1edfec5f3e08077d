// Who keeps ordinary accounts out, in Python: decorators and dependencies of the project's own that ask for a rank, and
// what the routes without one do to records that staff keeps.
#pragma once

#include <string>

#include "audit/source/python_routes.h"

namespace gatehouse::audit::source {

// Functions and classes of this file that refuse who has no rank: noted by name.
void read_rank_guards(const File& file, PythonNotes& notes);
// One of the names that stand before a route is such a guard.
bool asks_for_rank(const PythonNotes& notes, const std::set<std::string>& before);

// The record kept by staff that the handler of a route adds, changes or removes; empty when there is none. `who` are
// the names that hold the caller: where one of them is used the record may be his.
std::string staff_record(const File& file, syntax::Node handler, const std::vector<std::string>& who);

// role_required("admin", "user"): a guard that is told to let ordinary people in.
bool for_ordinary(syntax::Node guard);

}  // namespace gatehouse::audit::source
