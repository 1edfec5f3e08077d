// Subscriptions that are fetched from the payment provider and count whatever their state: cancelled, unpaid and never
// begun ones come back as well. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_unasked_status(File& file);

}  // namespace gatehouse::audit::source
