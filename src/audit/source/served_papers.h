// Papers of one person that are laid into a folder which everybody is served.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

bool private_papers(std::string_view path_or_name);  // invoices, résumés, medical reports, exports …
void read_served_papers(File& file);                 // JavaScript
void read_python_served_papers(File& file);
void judge_served_papers(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
