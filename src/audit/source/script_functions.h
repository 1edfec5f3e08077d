// Functions of scripts that other files may name as handlers.
#pragma once

#include "audit/source/script.h"

namespace gatehouse::audit::source {

void read_functions(File& file, ScriptNotes& notes);
// exports.deleteTour = factory.deleteOne(Tour): handlers that another function makes.
void read_made(const File& file, ScriptNotes& notes);

}  // namespace gatehouse::audit::source
