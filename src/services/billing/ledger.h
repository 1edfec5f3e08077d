// What news of Stripe does to orders and subscriptions: inside one transaction, once, in whatever order it comes.
#pragma once

#include <string>
#include <vector>

#include "services/billing/config.h"
#include "services/billing/event.h"
#include "services/billing/orders_store.h"
#include "services/billing/payments_store.h"

namespace gatehouse::services::billing {

// A business event (LOG-3), told once it is durable. Ids and amounts; nothing about a person but his subject.
struct Happened {
  std::string what;  // order_created, order_paid, order_refunded, subscription_canceled, renewal_failed …
  Person person;
  std::string order, subscription, cause, state;
  std::int64_t amount = 0;
  std::string currency;
};

struct LedgerRules {
  bool live = false;    // the key's mode: events of the other one are refused
  std::string account;  // events of another connected account are refused
  std::vector<std::pair<std::string, std::vector<std::string>>> entitlements;  // of BillingConfig
};

class Ledger {
 public:
  // `now` in unix seconds. Results are gathered in `told`, to be logged when the transaction is durable.
  Ledger(Transaction& t, const LedgerRules& rules, std::int64_t now, std::vector<Happened>& told)
      : store_(t), payments_(t), rules_(rules), now_(now), told_(told) {}

  // Applies an event once. A second time, an event about nobody's order and an event that comes too late change
  // nothing and are no failure. Problems: wrong_mode, wrong_account (Source::client), and the store's own.
  Result<void> apply(std::string_view source, const StripeEvent& event);

  // The parts of it, for what is known otherwise (an answer of the API, reconciling). `cause` is written down with
  // every transition; `told` is when Stripe says that it happened.
  Result<void> order_news(const OrderNews& news, std::string_view cause, std::int64_t told);
  Result<void> subscription_news(const SubscriptionNews& news, std::string_view cause, std::int64_t told, bool certain);
  Result<void> invoice_news(const InvoiceNews& news, std::string_view cause, std::int64_t told);
  // Money that went back, or may: kept as facts of the payment first, so that it does not matter whether they come
  // before the order, before one another, or late.
  Result<void> refund_news(const RefundNews& news, std::string_view cause, std::int64_t told);
  Result<void> dispute_news(const DisputeNews& news, std::string_view cause, std::int64_t told);
  // Writes a new order down, or finds the one that the same Idempotency-Key made, so that Stripe is asked the same once
  // more. Problems, Source::client: idempotency_mismatch (it was another order), conflict (Stripe has forgotten the
  // key: asking once more would open a second session for what may be paid already).
  Result<Order> begin(const Order& order, std::string_view cause);
  // Moves one order, and writes it down when that changes something.
  Result<void> move(Order& order, Trigger trigger, std::string_view cause, std::int64_t told);

  // Says that something happened to an order.
  void tell(std::string what, const Order& order, std::string_view cause);
  OrdersStore& store() { return store_; }
  PaymentsStore& payments() { return payments_; }

 private:
  Result<std::optional<Order>> find(const OrderNews& news);
  Result<void> learn(Order& order, const OrderNews& news);
  // What a payment's facts mean: for its order, for its subscription's entitlements, for the log when `fresh`.
  Result<void> settle(const std::string& payment_intent, Order* known, std::string_view cause, std::int64_t told,
                      bool fresh);
  Result<void> settle_order(Order& order, const MoneyBack& back, std::string_view cause, std::int64_t told);
  Result<bool> join(const Invoice& invoice);
  Result<void> prove(Subscription& s, const std::optional<Order>& order);
  Result<void> prove(const std::string& subscription);
  Result<std::string> entitlements_of(const SubscriptionNews& news, const std::optional<Order>& order);

  OrdersStore store_;
  PaymentsStore payments_;
  const LedgerRules& rules_;
  std::int64_t now_;
  std::vector<Happened>& told_;
};

}  // namespace gatehouse::services::billing
