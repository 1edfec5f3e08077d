// Fields that a query, a filter or a form names and no model has: a record of that kind is never found, or every
// request that names it ends in an error.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_fields_python(File& file);
void read_fields_script(File& file);
// After the last file.
void judge_fields(const Project& project, Sink& sink);
void judge_script_fields(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
