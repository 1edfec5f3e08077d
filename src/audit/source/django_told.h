// Addresses and numbers of other people in the answers of REST framework: an author's mail beside every post, a list of
// all accounts for whoever has one.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_django_told(File& file);
void judge_django_told(const Project& project, Sink& sink);  // after the last file

}  // namespace gatehouse::audit::source
