// The description of an interface, served to whoever asks.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_served_docs(File& file);

}  // namespace gatehouse::audit::source
