// Events of payment providers, and what a program does for each of them: the branches of a switch, of a chain of ifs,
// of a match, the entries of a table of handlers. Python and scripts alike.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct EventBranch {
  std::set<std::string> events;
  std::vector<syntax::Node> code;  // its own, and the functions of this file that it calls
  syntax::Node at;                 // where the first of its events is named
};

// "customer.subscription.deleted", "invoice.paid", "subscription_cancelled"
bool provider_event(std::string_view said);
// It begins or prolongs what is paid for; it ends or changes it.
bool beginning_event(std::string_view event);
bool ending_event(std::string_view event);

// What `function` does for each event it knows by name. A branch without code of its own goes with the next.
std::vector<EventBranch> event_branches(const File& file, syntax::Node function);

// A field that says what somebody has paid for: plan, status, is_premium.
bool paid_state(std::string_view field);
// Where such a field is written below a node, or nothing.
syntax::Node writes_paid_state(const File& file, syntax::Node within);

}  // namespace gatehouse::audit::source
