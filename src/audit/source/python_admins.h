// How somebody becomes an administrator without anybody having said so.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_python_admins(File& file);
// Accounts that code makes with a password it tells; of migrations too, which run wherever the program does.
void read_made_accounts(File& file);

}  // namespace gatehouse::audit::source
