// A key that proves events on the server, and stands in the browser's code under its public name.
#pragma once

#include <map>
#include <string>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct PublicTwins {
  std::map<std::string, Spot> built_in;  // "PAYFAST_MERCHANT_KEY" of VITE_PAYFAST_MERCHANT_KEY
  std::map<std::string, Spot> proving;   // what signatures are made with
};

void read_public_twins(File& file);
void judge_public_twins(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
