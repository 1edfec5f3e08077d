// The Python side of the source reading: one reader that parses each file once, and the checks over its notes.
#pragma once

#include <memory>

#include "audit/check.h"
#include "audit/source/file.h"
#include "audit/source/python_notes.h"

namespace gatehouse::audit::source {

// Each looks at one file, reports what needs no context and notes the rest.
void read_settings(File& file, PythonNotes& notes);
void read_django(File& file, PythonNotes& notes);
void read_python_routes(File& file, PythonNotes& notes);
void read_python_tokens(File& file);  // JWT, OAuth, cookies
void read_python_webhooks(File& file);
void read_python_hazards(File& file);  // injection, leaks, logs, defaults

// Each judges the whole project.
void judge_settings(const PythonNotes& notes, Sink& sink);
void judge_django(const PythonNotes& notes, const Project& project, Sink& sink);
void judge_python_routes(const PythonNotes& notes, Sink& sink);

std::unique_ptr<Reader> python_reader();
std::unique_ptr<Check> python_check();

}  // namespace gatehouse::audit::source
