// Whether anything in the tree ever ends a subscription that the tree switches on: a provider's event, a date that is
// compared, a question to the provider. Python, scripts and SQL together.
#pragma once

#include <optional>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct SubscriptionEnds {
  std::optional<Spot> begun;  // where somebody's subscription becomes active
  bool recurring = false;     // something speaks of months, renewals or a subscription at a provider
  bool over = false;          // something ends it, or may
};

void read_subscription_ends(const File& file);
// After every file of every language was read; says nothing where a webhook's own events were judged already.
void judge_subscription_ends(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source
