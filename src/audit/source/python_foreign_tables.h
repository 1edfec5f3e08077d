// Foreign keys of SQLAlchemy and SQLModel that name a table which no model makes.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_foreign_tables(const File& file);
void judge_foreign_tables(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
