// What the permission classes of a view ask, the project's own by what their code does. Shared among Django's readers
// only.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_permissions(File& file, PythonNotes& notes);

// All that stands before a view, taken together.
struct Asked {
  bool admin = false;                       // staff only
  bool staff_writes = false;                // staff to change, anybody to read
  bool rows = false;                        // whose the record is, or whether the caller belongs there
  bool object = false;                      // whose the record is, once the view asks for one by get_object()
  bool listed = false;                      // the class that asks so is known, and says nothing else of reading
  bool nobody = false;                      // a class that lets everybody through, and nothing else
  const PermissionClass* hollow = nullptr;  // that class
};
Asked asked_by(const PythonNotes& notes, const View& view);

}  // namespace gatehouse::audit::source
