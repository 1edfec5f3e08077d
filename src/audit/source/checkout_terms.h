// The terms of a payment that the client ought not to set: who gets the money, what is to be unlocked for it, which
// payment an order was paid with, and what lies in the cart when the money arrives. Python and scripts alike.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Orders that keep the id of a payment as the client names it.
struct NamedPayments {
  struct Named {
    Spot at;
    bool python = false;
    int line = 0, end_line = 0;   // of the function
    std::set<std::string> calls;  // one of which may ask the provider
  };
  std::vector<Named> named;
};

void read_checkout_terms(File& file);
void judge_named_payments(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
