// Our orders and subscriptions beside Stripe's own: for events that never came, and for calls whose answer was lost.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "services/billing/call.h"
#include "services/billing/ledger.h"

namespace gatehouse::services::billing {

struct ReconcileOptions {
  bool apply = false;  // repair; otherwise only say
  // Unix seconds. Orders made before are looked at only while they are pending, refunds made before not at all, and
  // disputes only while they are open.
  std::int64_t since = 0;
  std::int64_t now = 0;  // unix seconds
};

struct Reconciled {
  std::vector<Happened> differences;                                     // what was repaired, or would be
  std::size_t orders = 0, subscriptions = 0, refunds = 0, disputes = 0;  // looked at
  std::vector<std::string> unknown;                                      // could not be looked at: "ord_…: why"
};

// Asks about every order that may still change by itself, every younger one that was paid, every subscription that has
// not ended or that a customer of ours began elsewhere since then, every younger refund and dispute, and every dispute
// that is open, and applies what Stripe says through the same ledger as events, with cause "reconcile". An order that
// Stripe does not know a day after it was begun is abandoned. Blocks. Problems: the store's own; what Stripe cannot be
// asked stands in `unknown`.
Result<Reconciled> reconcile(Db& db, const LedgerRules& rules, const ReconcileOptions& options,
                             const std::function<Result<json::Value>(const Call&)>& ask);

}  // namespace gatehouse::services::billing
