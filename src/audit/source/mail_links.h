// Links in mails that lead where the caller of a route says.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_mail_links(File& file);

}  // namespace gatehouse::audit::source
