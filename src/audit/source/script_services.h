// What server code hands to a browser of its own, to its log and to whoever asked: markup of papers, statements with
// their values, secrets in error texts.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_script_services(File& file);

}  // namespace gatehouse::audit::source
