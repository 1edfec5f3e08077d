// Mail servers, template engines and databases as Python code sets them up, and answers that tell a secret.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

void read_python_services(File& file);

}  // namespace gatehouse::audit::source
