// How short a password may be, in every language: does anything bound it before it is hashed and kept?
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct SignUp;

// What a text asks of a new password.
struct PasswordBound {
  bool strong = false;  // a strength, or a length that is not known
  int least = 0;        // the greatest length that is asked for by number; 0 when none is
  Spot at;              // … and where
};

struct Passwords {
  PasswordBound bound;
  // A function that asks something of a password counts only where somebody calls it.
  struct Rule {
    PasswordBound bound;
    Spot at;
  };
  std::map<std::string, Rule, std::less<>> rules;
  std::set<std::string, std::less<>> called;
  std::vector<Spot> kept;  // where a new password is hashed
  Spot taken;              // where a handler that makes an account takes the password from the request
  Spot asked;              // the field of a sign-up that takes it in, when there is one
};

// Reads one file of a server. Browser code bounds nothing: whoever sends requests by hand passes it.
void read_passwords(const File& file, Passwords& passwords);
// `door`: where strangers make accounts; null when no such place is known.
void judge_passwords(const Passwords& passwords, const SignUp* door, Sink& sink);

}  // namespace gatehouse::audit::source
