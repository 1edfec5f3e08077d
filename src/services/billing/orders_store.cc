#include "services/billing/orders_store.h"

#include <array>
#include <set>

#include "services/billing/config.h"

namespace gatehouse::services::billing {
namespace {

const std::array<Migration, 3> kMigrations = {
    {{1,
      "orders",
      {
          R"(CREATE TABLE billing_customers (
  issuer TEXT NOT NULL, subject TEXT NOT NULL, customer TEXT, generation BIGINT NOT NULL, created BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)))",
          R"(CREATE UNIQUE INDEX billing_customers_id ON billing_customers (customer))",
          R"(CREATE TABLE billing_orders (
  id TEXT PRIMARY KEY, issuer TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  items TEXT NOT NULL, entitlements TEXT NOT NULL, customer TEXT NOT NULL, session TEXT, payment_intent TEXT,
  subscription TEXT, currency TEXT NOT NULL, amount BIGINT NOT NULL, amount_refunded BIGINT NOT NULL,
  created BIGINT NOT NULL, updated BIGINT NOT NULL))",
          R"(CREATE INDEX billing_orders_person ON billing_orders (issuer, subject, created))",
          R"(CREATE INDEX billing_orders_state ON billing_orders (state, created))",
          R"(CREATE UNIQUE INDEX billing_orders_session ON billing_orders (session))",
          R"(CREATE INDEX billing_orders_intent ON billing_orders (payment_intent))",
          R"(CREATE INDEX billing_orders_subscription ON billing_orders (subscription))",
          R"(CREATE TABLE billing_transitions (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id TEXT NOT NULL, at BIGINT NOT NULL,
  from_state TEXT NOT NULL, to_state TEXT NOT NULL, happened TEXT NOT NULL, cause TEXT NOT NULL, told BIGINT NOT NULL))",
          R"(CREATE INDEX billing_transitions_order ON billing_transitions (order_id))",
          R"(CREATE TABLE billing_subscriptions (
  id TEXT PRIMARY KEY, issuer TEXT NOT NULL, subject TEXT NOT NULL, customer TEXT NOT NULL, order_id TEXT NOT NULL,
  status TEXT NOT NULL, entitlements TEXT NOT NULL, prices TEXT NOT NULL, proved BIGINT NOT NULL,
  cancel_at_period_end BIGINT NOT NULL, unsure BIGINT NOT NULL, period_end BIGINT NOT NULL, trial_end BIGINT NOT NULL,
  past_due_since BIGINT NOT NULL, told BIGINT NOT NULL))",
          R"(CREATE INDEX billing_subscriptions_person ON billing_subscriptions (issuer, subject))",
          R"(CREATE TABLE billing_events (
  source TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (source, id)))",
          R"(CREATE TABLE billing_invoices (
  id TEXT PRIMARY KEY, subscription TEXT, payment_intent TEXT))",
          R"(CREATE INDEX billing_invoices_intent ON billing_invoices (payment_intent))",
          R"(CREATE TABLE billing_parked (
  payment_intent TEXT NOT NULL, event TEXT NOT NULL, happened TEXT NOT NULL, customer TEXT NOT NULL,
  amount_refunded BIGINT NOT NULL, told BIGINT NOT NULL, PRIMARY KEY (payment_intent, event)))",
          R"(CREATE TABLE billing_products (
  id TEXT PRIMARY KEY, entitlements TEXT NOT NULL, told BIGINT NOT NULL))",
      }},
     // `created` counts seconds and ids are drawn: two orders of one second need a number that tells which came later.
     {2,
      "orders in the order they were made",
      {
          R"(ALTER TABLE billing_orders ADD COLUMN seq BIGINT NOT NULL DEFAULT 0)",
          R"(UPDATE billing_orders SET seq = (SELECT COALESCE(MIN(t.id), 0) FROM billing_transitions t
  WHERE t.order_id = billing_orders.id))",
          R"(CREATE INDEX billing_orders_seq ON billing_orders (seq))",
          R"(DROP INDEX billing_orders_person)",
          R"(CREATE INDEX billing_orders_person ON billing_orders (issuer, subject, seq))",
      }},
     // What went back was a step of an order, and waited in a list of its own while the order was not known; now it is
     // a fact of the payment (payments_store.h). Lists of disputes that were open come again from events and
     // reconciling.
     {3,
      "money that went back, a payment each",
      {
          R"(ALTER TABLE billing_invoices ADD COLUMN paid BIGINT NOT NULL DEFAULT 0)",
          R"(ALTER TABLE billing_invoices ADD COLUMN money BIGINT NOT NULL DEFAULT 0)",
          R"(ALTER TABLE billing_invoices ADD COLUMN base BIGINT NOT NULL DEFAULT 0)",
          R"(ALTER TABLE billing_invoices ADD COLUMN renewal BIGINT NOT NULL DEFAULT 0)",
          R"(ALTER TABLE billing_invoices ADD COLUMN made BIGINT NOT NULL DEFAULT 0)",
          R"(ALTER TABLE billing_invoices ADD COLUMN at BIGINT NOT NULL DEFAULT 0)",
          R"(CREATE INDEX billing_invoices_subscription ON billing_invoices (subscription, made))",
          R"(CREATE TABLE billing_payments (
  id TEXT PRIMARY KEY, amount_refunded BIGINT NOT NULL, refunded BIGINT NOT NULL, taken BIGINT NOT NULL,
  at BIGINT NOT NULL))",
          R"(CREATE TABLE billing_disputes (
  id TEXT PRIMARY KEY, payment_intent TEXT NOT NULL, status TEXT NOT NULL, told BIGINT NOT NULL, at BIGINT NOT NULL))",
          R"(CREATE INDEX billing_disputes_intent ON billing_disputes (payment_intent))",
          R"(INSERT INTO billing_payments (id, amount_refunded, refunded, taken, at)
  SELECT payment_intent, MAX(amount_refunded), MAX(CASE WHEN state = 'refunded' THEN 1 ELSE 0 END),
  MAX(CASE WHEN state IN ('refunded', 'disputed', 'lost') THEN 1 ELSE 0 END), MAX(updated) FROM billing_orders
  WHERE payment_intent IS NOT NULL AND (amount_refunded > 0 OR state IN ('refunded', 'disputed', 'lost'))
  GROUP BY payment_intent)",
          R"(INSERT INTO billing_payments (id, amount_refunded, refunded, taken, at)
  SELECT payment_intent, MAX(amount_refunded), MAX(CASE WHEN happened = 'refunded' THEN 1 ELSE 0 END),
  MAX(CASE WHEN happened = 'refunded' THEN 1 ELSE 0 END), MAX(told) FROM billing_parked
  WHERE happened IN ('refunded', 'refunded_partly') GROUP BY payment_intent ON CONFLICT DO NOTHING)",
          R"(INSERT INTO billing_disputes (id, payment_intent, status, told, at)
  SELECT event, payment_intent, 'lost', told, told FROM billing_parked WHERE happened = 'dispute_lost')",
          R"(DROP TABLE billing_parked)",
          R"(CREATE INDEX billing_events_at ON billing_events (at))",
      }}}};

constexpr std::string_view kOrderColumns =
    "id, issuer, subject, kind, state, items, entitlements, customer, session, payment_intent, subscription, currency, "
    "amount, amount_refunded, created, updated FROM billing_orders";

Order order_of(const Row& r) {
  Order o;
  o.id = r.string(0);
  o.person = {r.string(1), r.string(2)};
  o.kind = r.string(3);
  o.state = state_named(r.text(4)).value_or(State::abandoned);
  o.items = r.string(5);
  o.entitlements = r.string(6);
  o.customer = r.string(7);
  o.session = r.string(8);
  o.payment_intent = r.string(9);
  o.subscription = r.string(10);
  o.currency = r.string(11);
  o.amount = r.integer(12);
  o.amount_refunded = r.integer(13);
  o.created = r.integer(14);
  o.updated = r.integer(15);
  return o;
}

constexpr std::string_view kSubscriptionColumns =
    "id, issuer, subject, customer, order_id, status, entitlements, prices, proved, cancel_at_period_end, unsure, "
    "period_end, trial_end, past_due_since, told FROM billing_subscriptions";

Subscription subscription_of(const Row& r) {
  Subscription s;
  s.id = r.string(0);
  s.person = {r.string(1), r.string(2)};
  s.customer = r.string(3);
  s.order = r.string(4);
  s.status = r.string(5);
  s.entitlements = r.string(6);
  s.prices = r.string(7);
  s.proved = r.integer(8) != 0;
  s.cancel_at_period_end = r.integer(9) != 0;
  s.unsure = r.integer(10) != 0;
  s.period_end = r.integer(11);
  s.trial_end = r.integer(12);
  s.past_due_since = r.integer(13);
  s.told = r.integer(14);
  return s;
}

// No id is NULL, so that unique indexes and look-ups never meet an empty one.
std::optional<std::string_view> id_or_null(std::string_view id) {
  return id.empty() ? std::nullopt : std::optional<std::string_view>(id);
}

Result<void> done(Result<std::int64_t> changed) {
  if (!changed) return fail(std::move(changed.error()));
  return {};
}

std::string select(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " " + std::string(rest);
}

}  // namespace

std::span<const Migration> billing_migrations() { return kMigrations; }

Result<Customer> OrdersStore::customer(const Person& p) {
  Customer c;
  auto asked = t_.query("SELECT customer, generation FROM billing_customers WHERE issuer = $1 AND subject = $2",
                        {p.issuer, p.subject}, [&](const Row& r) {
                          c = {r.string(0), r.integer(1)};
                          return false;
                        });
  if (!asked) return fail(std::move(asked.error()));
  return c;
}

Result<Customer> OrdersStore::keep_customer(const Person& p, std::int64_t generation, std::string_view id,
                                            std::int64_t now) {
  auto kept = t_.run(
      "INSERT INTO billing_customers (issuer, subject, customer, generation, created) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (issuer, subject) DO UPDATE SET customer = excluded.customer "
      "WHERE billing_customers.customer IS NULL AND billing_customers.generation = excluded.generation",
      {p.issuer, p.subject, id, generation, now});
  if (!kept) return fail(std::move(kept.error()));
  return customer(p);
}

Result<void> OrdersStore::forget_customer(std::string_view id) {
  return done(
      t_.run("UPDATE billing_customers SET customer = NULL, generation = generation + 1 WHERE customer = $1", {id}));
}

Result<std::optional<Person>> OrdersStore::person_of(std::string_view customer) {
  std::optional<Person> found;
  auto asked =
      t_.query("SELECT issuer, subject FROM billing_customers WHERE customer = $1", {customer}, [&](const Row& r) {
        found = Person{r.string(0), r.string(1)};
        return false;
      });
  if (!asked) return fail(std::move(asked.error()));
  return found;
}

Result<void> OrdersStore::add_order(const Order& o, std::string_view cause) {
  auto added = t_.run(
      "INSERT INTO billing_orders (id, issuer, subject, kind, state, items, entitlements, customer, session, "
      "payment_intent, subscription, currency, amount, amount_refunded, created, updated, seq) VALUES ($1, $2, $3, $4, "
      "$5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, (SELECT COALESCE(MAX(seq), 0) + 1 FROM billing_orders))",
      {o.id, o.person.issuer, o.person.subject, o.kind, name_of(o.state), o.items, o.entitlements, o.customer,
       id_or_null(o.session), id_or_null(o.payment_intent), id_or_null(o.subscription), o.currency, o.amount,
       o.amount_refunded, o.created, o.updated});
  if (!added) return fail(std::move(added.error()));
  return add_transition(o.id, {o.created, o.state, o.state, "created", std::string(cause), o.created});
}

Result<std::optional<Order>> OrdersStore::one_order(std::string_view sql, std::string_view key) {
  std::optional<Order> found;
  if (key.empty()) return found;
  auto asked = t_.query(sql, {key}, [&](const Row& r) {
    found = order_of(r);
    return false;
  });
  if (!asked) return fail(std::move(asked.error()));
  return found;
}

Result<std::optional<Order>> OrdersStore::order(std::string_view id) {
  static const std::string sql = select(kOrderColumns, "WHERE id = $1");
  return one_order(sql, id);
}
Result<std::optional<Order>> OrdersStore::order_by_session(std::string_view session) {
  static const std::string sql = select(kOrderColumns, "WHERE session = $1");
  return one_order(sql, session);
}
Result<std::optional<Order>> OrdersStore::order_by_intent(std::string_view payment_intent) {
  static const std::string sql = select(kOrderColumns, "WHERE payment_intent = $1");
  return one_order(sql, payment_intent);
}
Result<std::optional<Order>> OrdersStore::order_by_subscription(std::string_view subscription) {
  static const std::string sql = select(kOrderColumns, "WHERE subscription = $1");
  return one_order(sql, subscription);
}

Result<void> OrdersStore::update_order(const Order& o, std::int64_t now) {
  return done(t_.run(
      "UPDATE billing_orders SET state = $2, session = $3, payment_intent = $4, subscription = $5, currency = $6, "
      "amount = $7, amount_refunded = $8, updated = $9, customer = $10 WHERE id = $1",
      {o.id, name_of(o.state), id_or_null(o.session), id_or_null(o.payment_intent), id_or_null(o.subscription),
       o.currency, o.amount, o.amount_refunded, now, o.customer}));
}

Result<void> OrdersStore::add_transition(std::string_view order, const Transition& step) {
  return done(
      t_.run("INSERT INTO billing_transitions (order_id, at, from_state, to_state, happened, cause, told) "
             "VALUES ($1, $2, $3, $4, $5, $6, $7)",
             {order, step.at, name_of(step.from), name_of(step.to), step.trigger, step.cause, step.told}));
}

Result<std::vector<Transition>> OrdersStore::transitions(std::string_view order) {
  std::vector<Transition> all;
  auto asked = t_.query(
      "SELECT at, from_state, to_state, happened, cause, told FROM billing_transitions WHERE order_id = $1 ORDER BY id",
      {order}, [&](const Row& r) {
        all.push_back({r.integer(0), state_named(r.text(1)).value_or(State::abandoned),
                       state_named(r.text(2)).value_or(State::abandoned), r.string(3), r.string(4), r.integer(5)});
        return true;
      });
  if (!asked) return fail(std::move(asked.error()));
  return all;
}

Result<std::vector<Order>> OrdersStore::orders(const Person* person, std::optional<State> state, std::string_view after,
                                               std::int64_t limit) {
  static const std::string page =
      "($1 = '' OR state = $1) AND ($2 = '' OR (seq, id) < (SELECT seq, id FROM billing_orders WHERE id = $2)) "
      "ORDER BY seq DESC, id DESC LIMIT $3";
  static const std::string everybodys = select(kOrderColumns, "WHERE " + page);
  static const std::string of_one = select(kOrderColumns, "WHERE issuer = $4 AND subject = $5 AND " + page);
  std::vector<Order> all;
  // Stops: somebody whose subject is empty from seeing everybody's orders.
  if (person && person->subject.empty()) return all;
  std::vector<Param> values = {state ? name_of(*state) : std::string_view(), after, limit};
  if (person) values.insert(values.end(), {person->issuer, person->subject});
  auto asked = t_.query(person ? of_one : everybodys, values, [&](const Row& r) {
    all.push_back(order_of(r));
    return true;
  });
  if (!asked) return fail(std::move(asked.error()));
  return all;
}

Result<std::optional<Subscription>> OrdersStore::subscription(std::string_view id) {
  static const std::string sql = select(kSubscriptionColumns, "WHERE id = $1");
  std::optional<Subscription> found;
  auto asked = t_.query(sql, {id}, [&](const Row& r) {
    found = subscription_of(r);
    return false;
  });
  if (!asked) return fail(std::move(asked.error()));
  return found;
}

Result<void> OrdersStore::put_subscription(const Subscription& s) {
  return done(t_.run(
      "INSERT INTO billing_subscriptions (id, issuer, subject, customer, order_id, status, entitlements, prices, "
      "proved, cancel_at_period_end, unsure, period_end, trial_end, past_due_since, told) VALUES ($1, $2, $3, $4, $5, "
      "$6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (id) DO UPDATE SET issuer = excluded.issuer, "
      "subject = excluded.subject, customer = excluded.customer, order_id = excluded.order_id, status = "
      "excluded.status, entitlements = excluded.entitlements, prices = excluded.prices, proved = excluded.proved, "
      "cancel_at_period_end = excluded.cancel_at_period_end, unsure = excluded.unsure, period_end = "
      "excluded.period_end, trial_end = excluded.trial_end, past_due_since = excluded.past_due_since, told = "
      "excluded.told",
      {s.id, s.person.issuer, s.person.subject, s.customer, s.order, s.status, s.entitlements, s.prices,
       s.proved ? 1 : 0, s.cancel_at_period_end ? 1 : 0, s.unsure ? 1 : 0, s.period_end, s.trial_end, s.past_due_since,
       s.told}));
}

Result<std::vector<Subscription>> OrdersStore::subscriptions(const Person* person, std::int64_t limit) {
  static const std::string everybodys = select(kSubscriptionColumns, "ORDER BY period_end DESC, id LIMIT $1");
  static const std::string of_one =
      select(kSubscriptionColumns, "WHERE issuer = $2 AND subject = $3 ORDER BY period_end DESC, id LIMIT $1");
  std::vector<Subscription> all;
  if (person && person->subject.empty()) return all;
  std::vector<Param> values = {limit};
  if (person) values.insert(values.end(), {person->issuer, person->subject});
  auto asked = t_.query(person ? of_one : everybodys, values, [&](const Row& r) {
    all.push_back(subscription_of(r));
    return true;
  });
  if (!asked) return fail(std::move(asked.error()));
  return all;
}

Result<bool> OrdersStore::first_time(std::string_view source, std::string_view event, std::int64_t now) {
  auto added = t_.run("INSERT INTO billing_events (source, id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                      {source, event, now});
  if (!added) return fail(std::move(added.error()));
  if (*added == 1) return true;
  // What the inbox hands over once more is remembered for as long anew.
  auto again = t_.run("UPDATE billing_events SET at = $3 WHERE source = $1 AND id = $2", {source, event, now});
  if (!again) return fail(std::move(again.error()));
  return false;
}

Result<std::int64_t> OrdersStore::forget_events(std::int64_t before, std::int64_t most) {
  return t_.run(
      "DELETE FROM billing_events WHERE (source, id) IN (SELECT source, id FROM billing_events WHERE at < $1 LIMIT $2)",
      {before, most});
}

Result<void> OrdersStore::put_product(std::string_view product, std::string_view entitlements, std::int64_t told) {
  return done(
      t_.run("INSERT INTO billing_products (id, entitlements, told) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET "
             "entitlements = excluded.entitlements, told = excluded.told WHERE billing_products.told <= excluded.told",
             {product, entitlements, told}));
}

Result<std::optional<std::string>> OrdersStore::product_entitlements(std::string_view product) {
  std::optional<std::string> found;
  auto asked = t_.query("SELECT entitlements FROM billing_products WHERE id = $1", {product}, [&](const Row& r) {
    found = r.string(0);
    return false;
  });
  if (!asked) return fail(std::move(asked.error()));
  return found;
}

Result<std::vector<std::string>> OrdersStore::entitlements(const Person& p, std::int64_t now, std::int64_t grace) {
  std::set<std::string> names;
  auto take = [&](const Row& r) {
    for (std::string& n : entitlement_names(r.text(0))) names.insert(std::move(n));
    return true;
  };
  auto orders = t_.query(
      "SELECT entitlements FROM billing_orders WHERE issuer = $1 AND subject = $2 AND kind <> 'subscription' AND "
      "subscription IS NULL AND state IN ('paid', 'partially_refunded')",
      {p.issuer, p.subject}, take);
  if (!orders) return fail(std::move(orders.error()));
  // Stops: entitlements of a subscription whose money was taken back. What counts is the newest period that was paid
  // for and whatever was paid within it; where no invoice is known (from before they were kept), its order.
  auto running = t_.query(
      "SELECT entitlements FROM billing_subscriptions s WHERE issuer = $1 AND subject = $2 AND (status = 'trialing' OR "
      "(status = 'active' AND proved = 1) OR (status = 'past_due' AND proved = 1 AND past_due_since > $3)) AND NOT "
      "EXISTS (SELECT 1 FROM billing_invoices i JOIN billing_payments p ON p.id = i.payment_intent WHERE "
      "i.subscription = s.id AND i.paid = 1 AND p.taken = 1 AND i.made >= (SELECT COALESCE(MAX(b.made), 0) FROM "
      "billing_invoices b WHERE b.subscription = s.id AND b.paid = 1 AND b.base = 1)) AND NOT EXISTS (SELECT 1 FROM "
      "billing_orders o WHERE o.subscription = s.id AND o.state IN ('refunded', 'disputed', 'lost') AND NOT EXISTS "
      "(SELECT 1 FROM billing_invoices k WHERE k.subscription = s.id AND k.paid = 1))",
      {p.issuer, p.subject, now - grace}, take);
  if (!running) return fail(std::move(running.error()));
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace gatehouse::services::billing
