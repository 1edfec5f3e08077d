// Doors at which whoever signs up is made one of those who run the place: create({ …, role: "ADMIN" }).
#pragma once

#include "audit/check.h"
#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

// Scripts: new records of people that are given a rank of staff, whatever was sent.
void read_made_admins(const File& file);
// What a door for strangers does, through the functions that it calls. True when something was told.
bool judge_made_admins(const Project& project, const Flow& flow, Sink& sink);

// Python: the same, in the functions and views that are named for signing up.
void read_python_made_admins(File& file);

}  // namespace gatehouse::audit::source
