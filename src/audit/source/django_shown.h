// What answers of Django carry that should not leave, and passwords that are kept as they were typed.
#pragma once

#include "audit/source/file.h"
#include "audit/source/python_notes.h"

namespace gatehouse::audit::source {

void read_django_shown(File& file);
void judge_django_shown(const PythonNotes& python, const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
