// What takes the place of something that is missing: a payment provider that takes no money where its key is not set,
// and an administrator's rights where a person's own cannot be read. Python and scripts alike.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct StandIns {
  std::map<std::string, Spot, std::less<>> flags;       // demo_mode: no key is set
  std::vector<std::pair<std::string, Spot>> decisions;  // if settings.demo_mode: return MockProvider()
};

void read_stand_ins(File& file);
void judge_stand_ins(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
