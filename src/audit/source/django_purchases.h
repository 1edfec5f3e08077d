// What Django's views sell, and whether it was paid for.
#pragma once

#include "audit/source/file.h"
#include "audit/source/python_notes.h"

namespace gatehouse::audit::source {

void read_django_purchases(File& file);
void judge_django_purchases(const PythonNotes& python, const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
