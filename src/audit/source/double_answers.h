// Requests that are answered twice.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// if (!room) res.status(404).json(…), and the handler goes on to answer again: Express and its kin.
void read_double_answers(File& file);

}  // namespace gatehouse::audit::source
