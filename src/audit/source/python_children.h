// A line of somebody else's invoice, taken below an invoice of one's own, in Python.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_children(File& file);

}  // namespace gatehouse::audit::source
