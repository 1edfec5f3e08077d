// Words that say where a record stands ("cancelled", Status.PAID), and what they are written into. Python and scripts
// alike.
#pragma once

#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct StateWord {
  std::string into;  // with what carries it: "order.status", "subscriptions update status"
  std::string said;
  syntax::Node at;
};

// All that a function writes, in no order.
std::vector<StateWord> state_words(const File& file, syntax::Node function);

// It is over: cancelled, refunded, inactive.
bool over_word(std::string_view said);
// The money went back.
bool given_back_word(std::string_view said);
// What somebody orders, books or enrols in, and may have paid for; its one name: "bookings" is "booking". Empty for
// other names.
std::string sale_noun(std::string_view name);

}  // namespace gatehouse::audit::source
