// Which routes and views reach functions that cost the operator money. Shared among the readers of Python.
#pragma once

#include <set>
#include <string>

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_spends(const File& file, PythonNotes& notes);

// The functions of the project that a function may call, by name; at most 64, without names that everybody uses.
std::set<std::string> called_names(const File& file, syntax::Node function);

// One of these, or what they call over four functions, costs money each time.
bool reaches_spender(const PythonNotes& notes, const std::set<std::string>& calls);

}  // namespace gatehouse::audit::source
