// Rows that a browser asks for and changes by their ids, where no policy of the database is in sight.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Some SQL of the tree says which rows are whose; then that is judged, and not the browser.
bool policies_in_sight(Project& project);
void judge_client_rows(File& file);

}  // namespace gatehouse::audit::source
