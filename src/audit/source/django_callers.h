// Views of Django's that look up who is calling by themselves: a key of a header in a table of the project's own, a
// session that holds who signed in, a secret of the environment, or a helper of the project's that does one of these.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_django_callers(const File& file, PythonNotes& notes);
// Of a view class, by its place: does each of its handlers that writes ask?
bool asks_by_itself(const Project& project, const View& view);

}  // namespace gatehouse::audit::source
