// One fault at many places is told once: what follows and how to mend it are the same at each of them.
#pragma once

#include <string>
#include <vector>

#include "proof/report.h"

namespace gatehouse::audit::report {

// Findings that differ in nothing but where they stand and what was seen there, in the report's order; never empty.
using Alike = std::vector<const proof::Finding*>;

// Every finding of the report, each in one of these; they come in the order of the first of each. The pointers hold as
// long as the report is not touched.
std::vector<Alike> alike(const proof::Report& report);

// "a.py:3", "a.py", or the address of a live finding: as it is, for the caller to escape.
std::string where(const proof::Location& place);

// A place, and what was seen there.
struct Sight {
  std::string at;     // where()
  std::string route;  // the door whose handler it stands in; may be empty
  std::vector<std::string> evidence;
};
// Every place of these findings in their order. A finding with as many lines of evidence as places has one for each;
// else all of it stands at the first.
std::vector<Sight> sights(const Alike& all);

// " (9 places)" behind a title, of findings; nothing for one.
std::string places_of(const Alike& all);

}  // namespace gatehouse::audit::report
