// Where a script keeps what counts its callers: rateLimit({ … }) under a name, as a member of an object, in a list.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "audit/source/script_layers.h"
#include "audit/source/script_notes.h"

namespace gatehouse::audit::source {

struct Limiters {
  std::multimap<std::string, std::string, std::less<>> named;  // name -> module; "*" is what a module hands on alone
};

void read_limiters(const File& file);

// Whether one who stands before a route counts callers, wherever he was made.
class CountsCallers {
 public:
  explicit CountsCallers(const Project& project, const Flows& flows)
      : limiters_(project.notes<Limiters>()), flows_(flows) {}
  bool limits(const ScriptGuard& g, std::string_view file) const;

 private:
  bool stands_at(std::string_view name, std::string_view module, int renamed) const;

  const Limiters& limiters_;
  const Flows& flows_;
};

}  // namespace gatehouse::audit::source
