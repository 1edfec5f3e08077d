// What a provider or a ledger keeps, and a client names: subscriptions, cards, refunds, credits.
#pragma once

#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {

// A call that reads or changes one thing of a payment provider's: a subscription, a card, an invoice.
bool provider_object(std::string_view call);

// Of a handler that is neither for staff nor for a provider. `names` are those that hold what the client sent. Returns
// the place where the provider is asked for something by an id of the request: a finding behind a sign-in.
std::optional<Spot> judge_objects(File& file, syntax::Node handler, const HandlerNames& names);

}  // namespace gatehouse::audit::source
