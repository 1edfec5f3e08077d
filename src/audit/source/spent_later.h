// What is asked for in one place and taken in another, with no condition on the taking: credits that are looked at
// before the work and lowered behind it, stock that is lowered whatever is left. Scripts, Python and SQL.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct SpentLater {
  struct Taken {
    std::string key;  // folded: "creditsleft"
    Spot at;
    int line = 0, end_line = 0;  // of the function
    bool stock = false;
  };
  std::vector<Taken> taken;
  std::string checks;           // what the database itself holds against nothing, folded
  std::set<std::string> asked;  // keys that some code compares with something
};

void read_spent_later(File& file);
// Once every file was read, and functions of SQL by the way.
void judge_spent_later(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
