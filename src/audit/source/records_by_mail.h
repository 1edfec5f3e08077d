// What belongs to an e-mail address, shown to whoever has an account with it: was the address ever confirmed?
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_records_by_mail(File& file);                           // Python, and scripts of a server
void judge_records_by_mail(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
