// Who is turned away before a view of Django's begins: by decorators and middleware, the project's own by what their
// code does. Shared among Django's readers only.
#pragma once

#include <string>
#include <vector>

#include "audit/source/python.h"

namespace gatehouse::audit::source {

// Decorators and middleware classes that refuse strangers.
void read_guards(File& file, PythonNotes& notes);

// Does a middleware of the settings refuse strangers for every view that is not marked as open?
bool every_view_guarded(const PythonNotes& notes);

// The names a view answers behind: of a function its decorators, of a class those that stand on every answer of it.
std::vector<std::string> stands_behind(syntax::Node view);

// Is one of them known to refuse strangers?
bool refused_by(const PythonNotes& notes, const std::vector<std::string>& names);

}  // namespace gatehouse::audit::source
