// What is kept as it was sent, with no kind, length or bound asked for, and lists that have no end.
#pragma once

#include "audit/source/schema.h"
#include "audit/source/script_notes.h"

namespace gatehouse::audit::source {

// Something in the code looks at what it is handed.
bool looks_at_input(const syntax::Code& code);
// A number that is counted with: a quantity, a price, a mark.
bool counted(std::string_view name);
// Where a handler takes what was sent, and whether a number is among it.
std::optional<Taken> taken_by(const File& file, syntax::Node handler);
// The list this call asks for has no end, or the one that the client names.
ListBound bound_of(const File& file, const Touch& touch, syntax::Node function);
void read_schema_bounds(File& file);  // z.object({ quantity: z.number() })

// Gathers over all routes, and tells once for the project.
class Unbounded {
 public:
  void see(const Project& project, const Flows& flows, const ScriptNotes& notes, const ScriptRoute& route,
           const Flow& flow);
  void tell(const Project& project, Sink& sink) const;

 private:
  std::vector<std::pair<bool, Spot>> taken_;  // whether a number is among it
  std::vector<std::pair<bool, Spot>> lists_;  // whether the client names the end
};

}  // namespace gatehouse::audit::source
