// Marks that should shut somebody out (blocked, inactive, suspended, not confirmed), in every language: who sets them,
// and whether anybody ever looks at them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"

namespace gatehouse::audit::source {

// One place where a mark is named.
struct FlagUse {
  enum class Kind : unsigned char {
    declared,  // a column
    shuts,     // isBlocked = true, is_active: false, status: "BANNED"
    confirms,  // emailVerified = true where a token or a code is looked at
    asked,     // a condition, a filter
    other,     // shown, selected, handed on, switched back
  };
  Kind kind = Kind::other;
  std::string record;  // whose mark, as record_key says it: the class, what stands before the dot; empty when unknown
  bool words = false;  // of a declared state: some of its words shut somebody out
  bool door = false;   // it is asked where people sign in
  proof::Location at;
  std::string shown;
};

struct AccountFlags {
  std::map<std::string, std::vector<FlagUse>, std::less<>> uses;  // by flag_key
  std::size_t count = 0;
  // Where a password is held against the one that is kept: there the mark should be asked for.
  proof::Location sign_in;
  std::string sign_in_shown;
  proof::Location guard;  // where the token of a request becomes somebody
  std::string guard_shown;
  proof::Location refresh;  // where a token that was given for it is exchanged for a new one
  std::string refresh_shown;
};

// The mark that this name is, in lower case without "_"; empty when it is none.
std::string flag_key(std::string_view identifier);
bool proof_flag(std::string_view key);  // … of those that say that an address was confirmed
bool state_flag(std::string_view key);  // … a state of several words
// The uses in one text.
void read_flags(std::string_view path, std::string_view text, AccountFlags& out);
// What nobody asks for.
void judge_flags(const Project& project, const AccountFlags& flags, Sink& sink);

std::unique_ptr<Reader> account_flags_reader();
std::unique_ptr<Check> account_flags_check();

}  // namespace gatehouse::audit::source
