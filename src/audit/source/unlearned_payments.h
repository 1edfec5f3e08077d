// Payments that are opened, and of which nobody learns whether they were made: what is sold is switched on at once, or
// only the buyer's browser says how it went. Python and scripts alike.
#pragma once

#include <optional>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct UnlearnedPayments {
  std::vector<Spot> opened;       // where a payment is opened
  std::vector<Spot> subscribed;   // … a subscription
  std::optional<Spot> confirmed;  // where the buyer's browser brings back that it was made
  std::optional<Spot> ordered;    // where an order is made beside it, on the browser's word
  std::optional<Spot> setting;    // the secret of a webhook that may not be there
  bool told = false;              // some code takes a provider's events
  bool asked = false;             // … or asks the provider what is subscribed to
};

void read_unlearned_payments(File& file);
// Once every file was read.
void judge_unlearned_payments(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
