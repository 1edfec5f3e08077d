#include "services/billing/payments_store.h"

#include <optional>

namespace gatehouse::services::billing {
namespace {

std::optional<std::string_view> id_or_null(std::string_view id) {
  return id.empty() ? std::nullopt : std::optional<std::string_view>(id);
}

bool inquiry(std::string_view status) { return status.starts_with("warning"); }

// How far a dispute has come: of two words of one second the later stage counts.
int stage(std::string_view status) {
  if (status == "needs_response") return 1;
  if (status == "under_review") return 2;
  return 3;
}

}  // namespace

bool holds(std::string_view status) {
  return !inquiry(status) && status != "won" && status != "lost" && status != "prevented" &&
         status != "charge_refunded";
}

Result<void> PaymentsStore::put_invoice(const Invoice& i, std::int64_t now) {
  auto put = t_.run(
      "INSERT INTO billing_invoices (id, subscription, payment_intent, paid, money, base, renewal, made, at) VALUES "
      "($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET "
      "subscription = COALESCE(excluded.subscription, billing_invoices.subscription), "
      "payment_intent = COALESCE(excluded.payment_intent, billing_invoices.payment_intent), "
      "paid = CASE WHEN excluded.paid = 1 THEN 1 ELSE billing_invoices.paid END, "
      "money = CASE WHEN excluded.money = 1 THEN 1 ELSE billing_invoices.money END, "
      "base = CASE WHEN excluded.base = 1 THEN 1 ELSE billing_invoices.base END, "
      "renewal = CASE WHEN excluded.renewal = 1 THEN 1 ELSE billing_invoices.renewal END, "
      "made = CASE WHEN excluded.made > 0 THEN excluded.made ELSE billing_invoices.made END, at = excluded.at",
      {i.id, id_or_null(i.subscription), id_or_null(i.payment_intent), i.paid ? 1 : 0, i.money ? 1 : 0, i.base ? 1 : 0,
       i.first ? 0 : 1, i.made, now});
  if (!put) return fail(std::move(put.error()));
  return {};
}

Result<Invoice> PaymentsStore::invoice_of(std::string_view payment_intent) {
  Invoice i;
  if (payment_intent.empty()) return i;
  auto asked = t_.query(
      "SELECT id, subscription, renewal FROM billing_invoices WHERE payment_intent = $1 AND subscription IS NOT NULL",
      {payment_intent}, [&](const Row& r) {
        i.id = r.string(0);
        i.subscription = r.string(1);
        i.first = r.integer(2) == 0;
        return false;
      });
  if (!asked) return fail(std::move(asked.error()));
  return i;
}

Result<bool> PaymentsStore::paid_for(std::string_view subscription, std::int64_t trial_end) {
  bool found = false;
  auto asked = t_.query(
      "SELECT 1 FROM billing_invoices WHERE subscription = $1 AND paid = 1 AND (money = 1 OR made >= $2) LIMIT 1",
      {subscription, trial_end}, [&](const Row&) {
        found = true;
        return false;
      });
  if (!asked) return fail(std::move(asked.error()));
  return found;
}

Result<bool> PaymentsStore::put_refund(std::string_view payment_intent, std::int64_t amount_refunded, bool all,
                                       std::int64_t now) {
  auto put = t_.run(
      "INSERT INTO billing_payments (id, amount_refunded, refunded, taken, at) VALUES ($1, $2, $3, 0, $4) "
      "ON CONFLICT (id) DO UPDATE SET "
      "amount_refunded = CASE WHEN excluded.amount_refunded > billing_payments.amount_refunded "
      "THEN excluded.amount_refunded ELSE billing_payments.amount_refunded END, "
      "refunded = CASE WHEN excluded.refunded = 1 THEN 1 ELSE billing_payments.refunded END, at = excluded.at "
      "WHERE excluded.amount_refunded > billing_payments.amount_refunded "
      "OR excluded.refunded > billing_payments.refunded",
      {payment_intent, amount_refunded, all ? 1 : 0, now});
  if (!put) return fail(std::move(put.error()));
  return *put == 1;
}

Result<bool> PaymentsStore::put_dispute(const Dispute& d, std::int64_t now) {
  std::optional<Dispute> known;
  auto asked =
      t_.query("SELECT payment_intent, status, told FROM billing_disputes WHERE id = $1", {d.id}, [&](const Row& r) {
        known = Dispute{d.id, r.string(0), r.string(1), r.integer(2)};
        return false;
      });
  if (!asked) return fail(std::move(asked.error()));
  if (known) {
    if (d.told < known->told || (d.told == known->told && stage(d.status) < stage(known->status))) return false;
    // Stops: giving back what was bought when the bank's first question is closed late, after it became a dispute.
    if (inquiry(d.status) && !inquiry(known->status)) return false;
  }
  auto put = t_.run(
      "INSERT INTO billing_disputes (id, payment_intent, status, told, at) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (id) DO UPDATE SET payment_intent = excluded.payment_intent, status = excluded.status, "
      "told = excluded.told, at = excluded.at",
      {d.id, d.payment_intent, d.status, d.told, now});
  if (!put) return fail(std::move(put.error()));
  return !known || known->status != d.status;
}

Result<MoneyBack> PaymentsStore::money_back(std::string_view payment_intent) {
  MoneyBack m;
  auto asked = t_.query("SELECT amount_refunded, refunded FROM billing_payments WHERE id = $1", {payment_intent},
                        [&](const Row& r) {
                          m.amount_refunded = r.integer(0);
                          m.refunded = r.integer(1) != 0;
                          return false;
                        });
  if (asked)
    asked =
        t_.query("SELECT status FROM billing_disputes WHERE payment_intent = $1", {payment_intent}, [&](const Row& r) {
          const std::string_view status = r.text(0);
          if (holds(status))
            m.disputed = true;
          else if (status == "lost")
            m.lost = true;
          else if (!inquiry(status))
            m.won = true;
          return true;
        });
  if (!asked) return fail(std::move(asked.error()));
  return m;
}

Result<void> PaymentsStore::put_taken(std::string_view payment_intent, bool taken, std::int64_t now) {
  auto put = t_.run(
      "INSERT INTO billing_payments (id, amount_refunded, refunded, taken, at) VALUES ($1, 0, 0, $2, $3) "
      "ON CONFLICT (id) DO UPDATE SET taken = excluded.taken, at = excluded.at",
      {payment_intent, taken ? 1 : 0, now});
  if (!put) return fail(std::move(put.error()));
  return {};
}

Result<std::vector<Dispute>> PaymentsStore::open_disputes(std::int64_t most) {
  std::vector<Dispute> all;
  auto asked = t_.query(
      "SELECT id, payment_intent, status, told FROM billing_disputes WHERE status NOT IN ('won', 'lost', 'prevented', "
      "'charge_refunded', 'warning_closed') ORDER BY told DESC, id LIMIT $1",
      {most}, [&](const Row& r) {
        all.push_back({r.string(0), r.string(1), r.string(2), r.integer(3)});
        return true;
      });
  if (!asked) return fail(std::move(asked.error()));
  return all;
}

Result<std::int64_t> PaymentsStore::remove_strangers(std::int64_t before, std::int64_t most) {
  std::int64_t removed = 0;
  for (std::string_view sql :
       {"DELETE FROM billing_invoices WHERE id IN (SELECT i.id FROM billing_invoices i WHERE i.at < $1 AND NOT EXISTS "
        "(SELECT 1 FROM billing_subscriptions s WHERE s.id = i.subscription) LIMIT $2)",
        "DELETE FROM billing_payments WHERE id IN (SELECT p.id FROM billing_payments p WHERE p.at < $1 AND NOT EXISTS "
        "(SELECT 1 FROM billing_orders o WHERE o.payment_intent = p.id) AND NOT EXISTS "
        "(SELECT 1 FROM billing_invoices i WHERE i.payment_intent = p.id) LIMIT $2)",
        "DELETE FROM billing_disputes WHERE id IN (SELECT d.id FROM billing_disputes d WHERE d.at < $1 AND NOT EXISTS "
        "(SELECT 1 FROM billing_orders o WHERE o.payment_intent = d.payment_intent) AND NOT EXISTS "
        "(SELECT 1 FROM billing_invoices i WHERE i.payment_intent = d.payment_intent) LIMIT $2)"}) {
    auto gone = t_.run(sql, {before, most});
    if (!gone) return gone;
    removed += *gone;
  }
  return removed;
}

}  // namespace gatehouse::services::billing
