// Firestore's rules that let people write their whole own document, where the code reads from it what they may do or
// what they have paid for.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_firestore_rights(const File& file);
void judge_firestore_rights(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
