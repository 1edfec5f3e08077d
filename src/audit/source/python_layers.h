// What stands between a Python route and the database: repositories, services and dependencies of other files, noted
// while files are read, followed once all are.
#pragma once

#include "audit/source/python.h"

namespace gatehouse::audit::source {

struct Handler;

// Functions that fetch a record by what they are given or write what a client sent, functions and classes that refuse
// strangers, and the names that Annotated gives to dependencies.
void read_layers(File& file, PythonNotes& notes);

// Calls below `handler` that hand one of `ids` to a function of the project.
void note_layer_calls(const File& file, syntax::Node handler, const std::vector<std::string>& ids, LayerCall call,
                      std::vector<LayerCall>& out);

// Calls below `handler` that hand on what the client sent: `typed` names bodies of a model, everything else the request
// gave is raw. `at` is the route.
void note_body_calls(const File& file, syntax::Node handler, const std::vector<std::string>& typed,
                     const proof::Location& at, PythonNotes& notes);

// The functions a call may mean, the surest first.
std::vector<const PythonNotes::Layer*> layers_of(const PythonNotes& notes, const FunctionRef& ref);

// What a function of the project says about the owner of the record that it reads by `fetch` (none: hands on).
struct OwnerAsked {
  bool owner = false;          // whose it must be
  bool as_author = false;      // only whose the new record is that it makes beside
  std::set<std::string> used;  // parameters that have a say
};
OwnerAsked asked_in(const File& file, syntax::Node function, syntax::Node fetch,
                    const std::vector<std::string>& without);

// The one call of a route that hands the id of a record to a function of the project, with the caller or without.
void note_handed(const File& file, const Handler& handler, PythonNotes& notes);

// This call fetches by its argument, itself or through others, and nothing on the way asks for an owner. At most 8
// layers are followed. Where that is stands in `at`, when given.
bool fetches_unowned(const PythonNotes& notes, const LayerCall& call, proof::Location* at = nullptr);

// A dependency (function, class or name of an Annotated type) that lets nobody through who is not known.
bool refuses_strangers(const PythonNotes& notes, std::string_view name);

// A dependency that is named like a guard, stands in the project, and turns nobody away.
bool lets_strangers_through(const PythonNotes& notes, std::string_view name);

// Whose id is believed, and what is written whole, in services that routes hand a body to.
void judge_body_calls(const PythonNotes& notes, Sink& sink);

}  // namespace gatehouse::audit::source
