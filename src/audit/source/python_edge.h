// What stands before every route of a FastAPI or Flask application.
#pragma once

#include "audit/project.h"
#include "audit/source/python_notes.h"

namespace gatehouse::audit::source {

// A limit holds for each route, whether it names one or not.
bool limited_everywhere(const Project& project, const PythonNotes& notes);

}  // namespace gatehouse::audit::source
