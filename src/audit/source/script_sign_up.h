// What strangers are told who only ask: whether an address has an account, how the server is inside.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Doors that tell who has an account; true when one was found.
bool read_enumeration(File& file);
void read_sign_up(File& file);
void read_health(File& file);

}  // namespace gatehouse::audit::source
