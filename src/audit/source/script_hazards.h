// What the judges of a JavaScript call share. Each takes a call, and says true, or leaves it to the next.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct HazardCall {
  File& file;
  const syntax::Call& call;
  std::string_view name;                             // the last of its names
  std::string full;                                  // with the module it was imported from
  syntax::Node first;                                // its first argument
  bool client;                                       // in code for browsers
  const std::set<std::string, std::less<>>& shells;  // names_of_shells(file)
};

// const run = promisify(exec): what else runs a command.
std::set<std::string, std::less<>> names_of_shells(const File& file);

bool judge_run(const HazardCall& call);   // SQL, commands, programs
bool judge_sent(const HazardCall& call);  // where a client's words mean more than they should

}  // namespace gatehouse::audit::source
