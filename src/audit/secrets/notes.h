// What the readers and the checks of secrets tell each other, and how a find is shown. Only this folder includes this.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "audit/check.h"
#include "audit/secrets/judge.h"

namespace gatehouse::audit::secrets {

// What was seen on the way, for the history and for the words about what is right.
struct Notes {
  std::set<std::string> values;                                         // digests of what stands in the tree already
  std::map<std::string, std::size_t> publish;                           // "Stripe publishable key" -> how often
  std::map<std::string, proof::Finding*> exposed;                       // by variable name
  std::map<std::pair<std::string, std::string>, proof::Finding*> here;  // by path and value
  std::size_t samples = 0;
};

// A few bits of the value's digest: tells one secret from the next in a baseline, and tells nobody what it is.
std::string value_key(std::string_view value);
// A file that stays on one machine: git does not track it, or would ignore it where there is no index to ask.
bool local_only(const Project& project, std::string_view path);
// The name beside the value, and the value as it may be shown.
std::string evidence_of(const Hit& hit, std::string_view text);
std::string title_of(const Hit& hit);  // "Stripe secret key"

}  // namespace gatehouse::audit::secrets
