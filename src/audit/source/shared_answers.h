// One answer object that is filled for one request after the other.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_shared_answers(File& file);

}  // namespace gatehouse::audit::source
