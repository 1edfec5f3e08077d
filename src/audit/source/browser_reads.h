// Rows of other people that pages fetch: one by the number in the address, all of them to show what is still free.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct BrowserReads {
  struct Fetch {
    std::string table;
    std::vector<std::string> names;  // of the function that fetches
    Spot at;
    bool by_address = false;  // the id is one of the page's address
    bool by_id = false;       // … or one that it is handed
    bool whole = false;       // every column
    bool everybodys = false;  // nothing says whose rows
    bool staff = false, asks = false;
  };
  struct Opening {  // load(params.id)
    std::string function;
    Spot at;
  };
  std::vector<Fetch> fetches;
  std::vector<Opening> openings;
  std::set<std::string, std::less<>> called;  // by pages that are for everybody
};

void read_browser_reads(File& file);
void judge_browser_reads(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
