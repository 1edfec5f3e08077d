// What the rules of a Firestore let in: whole collections of other people's records, and records that decide about
// money, written by those whose they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"

namespace gatehouse::audit::source {

struct FirestoreAllow {
  std::string collection;        // the last name of the path it stands below; "**" for all of them
  std::string variable;          // … and of the record's id
  std::string verbs, condition;  // a call of a function of the rules stands as what it gives back
  int line = 0;                  // of the allow
};

std::vector<FirestoreAllow> firestore_allows(std::string_view rules);
void judge_firestore_rules(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
