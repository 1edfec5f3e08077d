// The tables of billing, and every word of SQL about them: customers, orders with each of their transitions,
// subscriptions, and the events that were already applied.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/billing/order_state.h"
#include "store/db.h"

namespace gatehouse::services::billing {

// Whose something is: a subject is only unique within its issuer.
struct Person {
  std::string issuer, subject;
};

struct Customer {
  std::string id;               // cus_…; empty: none (any more)
  std::int64_t generation = 0;  // counts customers that were deleted at Stripe
};

struct Order {
  std::string id;  // ord_…, ours
  Person person;
  std::string kind;  // checkout, subscription, intent
  State state = State::creating;
  std::string items;         // "price_a x2, price_b"
  std::string entitlements;  // "pro,export"
  std::string customer, session, payment_intent, subscription, currency;
  std::int64_t amount = 0;  // smallest unit; as listed, then as paid
  std::int64_t amount_refunded = 0;
  std::int64_t created = 0, updated = 0;  // unix seconds
};

struct Transition {
  std::int64_t at = 0;  // unix seconds
  State from = State::creating, to = State::creating;
  std::string trigger;    // order_state.h
  std::string cause;      // evt_…, "request REQUEST_ID", "reconcile", "by hand: NAME"
  std::int64_t told = 0;  // when Stripe says it happened
};

struct Subscription {
  std::string id;
  Person person;
  std::string customer, order, status, entitlements, prices;
  bool proved = false;  // some invoice of it was paid, or nothing was due
  bool cancel_at_period_end = false;
  bool unsure = false;  // two events of one second that do not follow one another: reconciling asks
  std::int64_t period_end = 0, trial_end = 0, past_due_since = 0;
  std::int64_t told = 0;  // the event (or answer) that it shows, by Stripe's clock
};

std::span<const Migration> billing_migrations();
inline constexpr std::string_view kComponent = "billing";

// Every function may fail with the store's own Problems.
class OrdersStore {
 public:
  explicit OrdersStore(Transaction& t) : t_(t) {}

  Result<Customer> customer(const Person& p);
  // Keeps `id` unless another one came first; what is kept then.
  Result<Customer> keep_customer(const Person& p, std::int64_t generation, std::string_view id, std::int64_t now);
  // It is gone at Stripe: the next one gets a higher generation.
  Result<void> forget_customer(std::string_view id);
  Result<std::optional<Person>> person_of(std::string_view customer);

  Result<void> add_order(const Order& o, std::string_view cause);
  Result<std::optional<Order>> order(std::string_view id);
  Result<std::optional<Order>> order_by_session(std::string_view session);
  Result<std::optional<Order>> order_by_intent(std::string_view payment_intent);
  Result<std::optional<Order>> order_by_subscription(std::string_view subscription);
  // Writes everything that may change: state, ids, amounts.
  Result<void> update_order(const Order& o, std::int64_t now);
  Result<void> add_transition(std::string_view order, const Transition& step);
  Result<std::vector<Transition>> transitions(std::string_view order);
  // Newest first. `after`: an order of the same list, or empty. Without a person: everybody's.
  Result<std::vector<Order>> orders(const Person* person, std::optional<State> state, std::string_view after,
                                    std::int64_t limit);

  Result<std::optional<Subscription>> subscription(std::string_view id);
  Result<void> put_subscription(const Subscription& s);
  Result<std::vector<Subscription>> subscriptions(const Person* person, std::int64_t limit);

  // False: it was applied before. Either way it is remembered from `now` on.
  Result<bool> first_time(std::string_view source, std::string_view event, std::int64_t now);
  // Forgets up to `most` events that came last before `before`.
  Result<std::int64_t> forget_events(std::int64_t before, std::int64_t most);

  Result<void> put_product(std::string_view product, std::string_view entitlements, std::int64_t told);
  Result<std::optional<std::string>> product_entitlements(std::string_view product);

  // What a person is entitled to at `now`: names, sorted, each once. A failed renewal keeps them for `grace` seconds.
  // A subscription gives while it runs and the newest period that was paid for is still paid.
  Result<std::vector<std::string>> entitlements(const Person& p, std::int64_t now, std::int64_t grace);

 private:
  Result<std::optional<Order>> one_order(std::string_view sql, std::string_view key);
  Transaction& t_;
};

}  // namespace gatehouse::services::billing
