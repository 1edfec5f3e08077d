// The tables of money, and every word of SQL about them: invoices of subscriptions, what went back of a payment, and
// the disputes about it. They hold facts as Stripe told them, in whatever order; what follows from them for an order or
// a subscription is the ledger's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"

namespace gatehouse::services::billing {

// An invoice of a subscription, as far as it is known. Empty ids and zeros never replace what is known.
struct Invoice {
  std::string id, subscription, payment_intent;
  bool paid = false;      // once paid, always paid: what goes back is the payment's
  bool money = false;     // and something was paid with
  bool base = false;      // pays for a whole period, not for a change within one
  bool first = true;      // what the order itself paid; a renewal is not
  std::int64_t made = 0;  // unix seconds, when Stripe made it
};

struct Dispute {
  std::string id, payment_intent, status;
  std::int64_t told = 0;  // by Stripe's clock
};

// Where a payment stands after all that is known of it.
struct MoneyBack {
  std::int64_t amount_refunded = 0;
  bool refunded = false;  // all of it
  bool disputed = false;  // the bank asks it back
  bool lost = false;      // and got it
  bool won = false;       // a dispute ended for us; others may stand
  bool taken() const { return refunded || disputed || lost; }
};

// Does a dispute of this status hold the money back (a status that we do not know does)? Inquiries (warning_…) hold
// nothing.
bool holds(std::string_view dispute_status);

// Every function may fail with the store's own Problems. `now` in unix seconds.
class PaymentsStore {
 public:
  explicit PaymentsStore(Transaction& t) : t_(t) {}

  Result<void> put_invoice(const Invoice& i, std::int64_t now);
  // The invoice that a payment settled; without an id when none is known.
  Result<Invoice> invoice_of(std::string_view payment_intent);
  // Was a subscription paid for? A trial's own invoice of nothing proves nothing: what was made before `trial_end`
  // (0: no trial) must have moved money.
  Result<bool> paid_for(std::string_view subscription, std::int64_t trial_end);

  // These two keep what is newest; false: nothing changed.
  Result<bool> put_refund(std::string_view payment_intent, std::int64_t amount_refunded, bool all, std::int64_t now);
  Result<bool> put_dispute(const Dispute& d, std::int64_t now);
  Result<MoneyBack> money_back(std::string_view payment_intent);
  // Writes down whether the payment still stands, for the entitlements.
  Result<void> put_taken(std::string_view payment_intent, bool taken, std::int64_t now);
  // Disputes that hold money back, newest first.
  Result<std::vector<Dispute>> open_disputes(std::int64_t most);

  // Removes up to `most` facts that were last touched before `before` and belong to no order or subscription of ours.
  Result<std::int64_t> remove_strangers(std::int64_t before, std::int64_t most);

 private:
  Transaction& t_;
};

}  // namespace gatehouse::services::billing
