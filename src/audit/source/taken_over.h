// Accounts that are taken over or changed by what should only make or edit them: a sign-up that sets the password of
// whoever is there already, an update that takes a new password and never asks for the old one.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_taken_over(File& file);                           // Python, and scripts of a server
void judge_taken_over(const Project& project, Sink& sink);  // after the last file
}  // namespace gatehouse::audit::source
