// Where a row of a person is made with a password in it, in every language.
#pragma once

#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct MadePeople {
  std::vector<syntax::Node> calls;
  bool rows = false;  // they write the row, and do not hand it on to a function that may
};

// Some key of a row is what is kept of a password.
bool keeps_password(const syntax::Code& code);
// The calls of this function that make a person with a password. `named`: the function calls itself a sign-up, so that
// less has to be known of what it calls.
MadePeople people_made(const File& file, syntax::Node function, bool named);

}  // namespace gatehouse::audit::source
