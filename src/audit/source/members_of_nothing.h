// Members of a thing that has just been found missing.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// if not user: log(user.id), if (!user) return res.json({ id: user.id }): Python and scripts.
void read_members_of_nothing(File& file);

}  // namespace gatehouse::audit::source
