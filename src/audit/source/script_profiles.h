// What people change of their own accounts and purses: addresses without a proof, sums they name themselves, amounts
// below nothing, answers kept for everybody.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_profiles(File& file);

}  // namespace gatehouse::audit::source
