// What should have been read and was not, or not to its end: a file that nobody may open, that no parser takes, or that
// tangles a reader until its credit is used up. What is left out by design (minified, over 1 MiB, installed by others)
// is none of it.
//
// Stops: a file that is written so that no reader comes to its end, and passes as clean with whatever it holds. The run
// is incomplete, and the file says so as finding GAP-001, until somebody excludes it with a reason and a date.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "proof/report.h"

namespace gatehouse::audit {

class Project;  // project.h

struct GivenUp {
  std::string path;      // a file or folder of the tree; "." for the tree itself
  std::string why;       // "parsing took more than two seconds"
  bool searched = true;  // its bytes were searched for secrets all the same
  // From which finding of the run up to which those at this path rest on a part of it: what they miss may stand in the
  // rest.
  std::vector<std::pair<std::size_t, std::size_t>> doubtful{};
};

// Says of findings that rest on a part of a file that they do. `findings` are as they were made, none taken out.
void doubt(const std::vector<GivenUp>& given_up, std::deque<proof::Finding>& findings);

// Adds GAP-001 for each. What stands in tests, examples and documents counts only when it was not even searched.
void charge(const Project& project, const std::vector<GivenUp>& given_up, std::deque<proof::Finding>& findings);

// After exceptions: tells in the report what stayed, and leaves of many like findings the first twenty.
void tell(const std::vector<GivenUp>& given_up, proof::Report& report);

}  // namespace gatehouse::audit
