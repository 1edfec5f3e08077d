// Where a function puts what it is handed: into a sum, a query, an address. What a client sends to a route arrives
// there through services, and only the whole way shows it.
#pragma once

#include "audit/source/script_labels.h"

namespace gatehouse::audit::source {

// The uses of one function. `names` are those that hold what it is handed, as it came. Of a handler's own uses only
// those that no reader of single functions sees.
std::vector<Use> uses_of(const File& file, syntax::Node function, const Names& names, bool handler);

// What comes as nothing but text, so that no operator comes through.
struct Texts {
  bool all = false;         // a schema, or a cleaner, stands before the handler
  bool of_queries = false;  // the parser of queries makes no objects: Express since 5
};

// Reports each use that what the client sent to `flow` reaches, once for all routes. `staff`: who comes here may name
// what he likes.
void judge_uses(const Flows& flows, const Flow& flow, Texts texts, bool staff, std::set<const Use*>& told, Sink& sink);

}  // namespace gatehouse::audit::source
