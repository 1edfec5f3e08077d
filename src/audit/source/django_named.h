// Which settings module a Django project really starts with.
#pragma once

#include <set>
#include <string>

#include "audit/source/file.h"
#include "audit/source/python_notes.h"

namespace gatehouse::audit::source {

void read_named_settings(File& file);

// Takes production's settings out of `paths`, the settings of one project, when its entry points name others and no
// file of the tree names those.
void drop_unnamed_settings(const PythonNotes& python, const Project& project, std::set<std::string>& paths);

}  // namespace gatehouse::audit::source
