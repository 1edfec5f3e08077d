// What stands between a Python route and the database: repositories, services and dependencies of other files, noted by
// name while files are read, followed once all are.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

// Functions that fetch a record by what they are given, functions and classes that refuse strangers, and the names that
// Annotated gives to dependencies.
void read_layers(File& file, PythonNotes& notes);

// Calls below `handler` that hand one of `ids` to a function of the project.
void note_layer_calls(const File& file, syntax::Node handler, const std::vector<std::string>& ids, LayerCall call,
                      std::vector<LayerCall>& out);

// A function of this name fetches by its argument, itself or through others, and none of this name asks for an owner.
// At most 8 layers are followed.
bool fetches_unowned(const PythonNotes& notes, std::string_view name);

// A dependency (function, class or name of an Annotated type) that lets nobody through who is not known.
bool refuses_strangers(const PythonNotes& notes, std::string_view name);

}  // namespace gatehouse::audit::source
