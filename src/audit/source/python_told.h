// Addresses and numbers of other people in the answers of FastAPI and Flask: an author's mail beside every post, a list
// of all accounts for whoever has one.
#pragma once

#include "audit/source/file.h"
#include "audit/source/python_notes.h"

namespace gatehouse::audit::source {

void read_python_told(File& file);
// `guarded`: somebody is asked who they are. `ranked`: … and for a rank. `locks`: some route of the project asks.
void judge_python_told(const Project& project, const PythonRoute& route, std::string_view path, bool guarded,
                       bool ranked, bool locks, Sink& sink);

}  // namespace gatehouse::audit::source
