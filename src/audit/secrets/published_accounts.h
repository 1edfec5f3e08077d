// "Admin: admin@shop.test / Admin@123" in a guide: the sign-in data of an account that a set-up step makes.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit::secrets {

// SEC-019, once a document, with every account that it names (eight at most).
void read_published_accounts(const Source& source, Sink& sink);

}  // namespace gatehouse::audit::secrets
