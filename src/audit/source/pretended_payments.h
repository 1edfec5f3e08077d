// Shops that pretend: without the provider's keys, or after its error, a payment counts as opened or made. Python and
// scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_pretended_payments(File& file);

}  // namespace gatehouse::audit::source
