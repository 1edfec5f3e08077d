// How short a password may be, in every language: does anything bound it before it is hashed and kept?
#pragma once

#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct Passwords {
  bool bounded = false;    // something asks for a length or a strength
  std::vector<Spot> kept;  // where a new password is hashed
};

// Reads one file of a server. Browser code bounds nothing: whoever sends requests by hand passes it.
void read_passwords(const File& file, Passwords& passwords);
void judge_passwords(const Passwords& passwords, Sink& sink);

}  // namespace gatehouse::audit::source
