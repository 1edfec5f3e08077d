// Proofs that are not sent: findOne({ where: { token } }) of TypeORM and findFirst() of Prisma leave a condition out
// whose value is undefined, and find the first row there is.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_undefined_proofs(File& file);
void judge_undefined_proofs(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
