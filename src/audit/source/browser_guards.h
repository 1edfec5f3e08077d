// The gate before the pages of the administration, where nothing but the browser holds it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct BrowserGuards {
  struct Gate {
    std::string name;
    bool to_staff = false;  // it leads strangers to the sign-in of the administration
    Spot at;
  };
  std::vector<Gate> gates;           // they ask for an account and for nothing else
  std::set<std::string> over_staff;  // names of gates that stand before pages of the administration
};

void read_browser_guards(File& file);
void judge_browser_guards(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
