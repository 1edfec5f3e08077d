#include "services/billing/ledger.h"

#include <algorithm>
#include <limits>

namespace gatehouse::services::billing {
namespace {

std::string_view business_name(State s) {
  switch (s) {
    case State::paid:
      return "order_confirmed";
    case State::processing:
      return "order_processing";
    case State::partially_refunded:
    case State::refunded:
      return "order_refunded";
    case State::disputed:
      return "order_disputed";
    case State::lost:
      return "order_charged_back";
    case State::expired:
      return "order_expired";
    case State::failed:
      return "order_failed";
    case State::canceled:
      return "order_canceled";
    case State::abandoned:
      return "order_abandoned";
    case State::open:
      return "order_opened";
    default:
      return "order_changed";
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ",") + n;
  return out;
}

// Stripe keeps idempotency keys for a day at least; an hour less, for clocks that differ.
constexpr std::int64_t kKeyRemembered = 23 * 3600;

}  // namespace

void Ledger::tell(std::string what, const Order& order, std::string_view cause) {
  told_.push_back({std::move(what), order.person, order.id, order.subscription, std::string(cause),
                   std::string(name_of(order.state)), order.amount, order.currency});
}

Result<void> Ledger::apply(std::string_view source, const StripeEvent& e) {
  // Stops: a test payment that grants what only live money buys.
  if (e.livemode != rules_.live)
    return fail(Source::client, "wrong_mode",
                e.id + (e.livemode ? " is live, and the key is a test key" : " is a test, and the key is live"));
  if (e.account != rules_.account) return fail(Source::client, "wrong_account", e.id + " is of another account");
  if (!e.concerns_us()) return {};
  auto first = store_.first_time(source, e.id, now_);
  if (!first) return fail(std::move(first.error()));
  if (!*first) return {};
  if (e.order)
    if (auto r = order_news(*e.order, e.id, e.created); !r) return r;
  if (e.refund)
    if (auto r = refund_news(*e.refund, e.id, e.created); !r) return r;
  if (e.dispute)
    if (auto r = dispute_news(*e.dispute, e.id, e.created); !r) return r;
  if (e.invoice)
    if (auto r = invoice_news(*e.invoice, e.id, e.created); !r) return r;
  if (!e.settled_invoice.empty()) {
    Invoice settled;
    settled.id = e.settled_invoice;
    settled.payment_intent = e.settling_intent;
    auto linked = join(settled);
    if (!linked) return fail(std::move(linked.error()));
    if (auto r = settle(e.settling_intent, nullptr, e.id, e.created, *linked); !r) return r;
  }
  if (e.subscription && e.trial_ends_soon) {
    auto order = store_.order_by_subscription(e.subscription->id);
    if (!order) return fail(std::move(order.error()));
    if (*order) tell("trial_ends_soon", **order, e.id);
  } else if (e.subscription) {
    if (auto r = subscription_news(*e.subscription, e.id, e.created, false); !r) return r;
  }
  if (!e.product.empty())
    if (auto r =
            store_.put_product(e.product, joined(entitlement_names(e.product_entitlements.value_or(""))), e.created);
        !r)
      return r;
  if (!e.deleted_customer.empty()) return store_.forget_customer(e.deleted_customer);
  return {};
}

Result<std::optional<Order>> Ledger::find(const OrderNews& news) {
  auto found = store_.order(news.order);
  if (found && !*found) found = store_.order_by_session(news.session);
  if (found && !*found) found = store_.order_by_intent(news.payment_intent);
  if (found && !*found) found = store_.order_by_subscription(news.subscription);
  if (!found) return found;
  // Stops: an order confirmed by a payment of somebody else's customer that carries its id.
  if (*found && !news.customer.empty() && !(*found)->customer.empty() && (*found)->customer != news.customer)
    return std::optional<Order>();
  return found;
}

Result<void> Ledger::move(Order& order, Trigger trigger, std::string_view cause, std::int64_t told) {
  const State from = order.state, to = next(from, trigger);
  if (to == from) return {};
  order.state = to;
  if (auto r = store_.update_order(order, now_); !r) return r;
  if (auto r =
          store_.add_transition(order.id, {now_, from, to, std::string(name_of(trigger)), std::string(cause), told});
      !r)
    return r;
  tell(std::string(business_name(to)), order, cause);
  // A dispute that was won leaves what had gone back before it.
  if (to == State::paid && order.amount_refunded > 0 && trigger == Trigger::dispute_won)
    return move(order, order.amount_refunded >= order.amount ? Trigger::refunded : Trigger::refunded_partly, cause,
                told);
  return {};
}

// Takes over the ids and amounts that the news brings.
Result<void> Ledger::learn(Order& order, const OrderNews& news) {
  bool changed = false;
  auto take = [&changed](std::string& have, const std::string& now) {
    if (now.empty() || !have.empty()) return;
    have = now;
    changed = true;
  };
  take(order.session, news.session);
  take(order.payment_intent, news.payment_intent);
  take(order.subscription, news.subscription);
  take(order.customer, news.customer);
  if (news.amount && news.trigger == Trigger::paid && *news.amount != order.amount) {
    order.amount = *news.amount;
    changed = true;
  }
  return changed ? store_.update_order(order, now_) : Result<void>();
}

Result<void> Ledger::order_news(const OrderNews& news, std::string_view cause, std::int64_t told) {
  auto found = find(news);
  if (!found) return fail(std::move(found.error()));
  if (!*found) return {};  // none of our orders
  Order& order = **found;
  // An app's payment proves itself; one of a checkout is proved by its session, which knows what was bought.
  const bool intent_alone = news.session.empty() && news.subscription.empty();
  if (intent_alone && order.kind != "intent") return {};
  // Stops: a smaller payment, or one in another currency, that confirms the whole order.
  if (intent_alone && news.trigger == Trigger::paid &&
      (news.amount.value_or(0) < order.amount || news.currency != order.currency))
    return {};
  if (auto r = learn(order, news); !r) return r;
  if (auto r = move(order, news.trigger, cause, told); !r) return r;
  if (news.trigger == Trigger::paid)
    if (auto r = prove(order.subscription); !r) return r;
  return settle(order.payment_intent, &order, cause, told, false);
}

Result<Order> Ledger::begin(const Order& order, std::string_view cause) {
  auto before = store_.order(order.id);
  if (!before) return fail(std::move(before.error()));
  if (!*before) {
    if (auto r = store_.add_order(order, cause); !r) return fail(std::move(r.error()));
    tell("order_created", order, cause);
    return order;
  }
  const Order& known = **before;
  // Stops: an idempotency key used for two different orders.
  if (known.items != order.items || known.person.subject != order.person.subject ||
      known.person.issuer != order.person.issuer)
    return fail(Source::client, "idempotency_mismatch", "the key belongs to " + known.id);
  // Stops: a second session for an order that may be paid, opened by a key that Stripe no longer knows. A clock that
  // went back tells nothing about its age, so both directions count.
  const std::int64_t age = now_ - known.created;
  if (age > kKeyRemembered || age < -kKeyRemembered)
    return fail(Source::client, "conflict",
                "the key made " + known.id + ", which is " + std::string(name_of(known.state)) +
                    ", and is too old to be used again: a new order needs a new key");
  return known;
}

Result<void> Ledger::refund_news(const RefundNews& news, std::string_view cause, std::int64_t told) {
  auto fresh = payments_.put_refund(news.payment_intent, news.amount_refunded, news.all, now_);
  if (!fresh) return fail(std::move(fresh.error()));
  OrderNews about;
  about.order = news.order;
  about.payment_intent = news.payment_intent;
  about.customer = news.customer;
  auto found = find(about);
  if (!found) return fail(std::move(found.error()));
  if (!*found) return settle(news.payment_intent, nullptr, cause, told, *fresh);
  Order& order = **found;
  // One of two payments that carry the same order went back; the other one still pays for it.
  const bool another = !order.payment_intent.empty() && order.payment_intent != news.payment_intent;
  if (another) return settle(news.payment_intent, nullptr, cause, told, *fresh);
  if (auto r = learn(order, about); !r) return r;
  return settle(news.payment_intent, &order, cause, told, *fresh);
}

Result<void> Ledger::dispute_news(const DisputeNews& news, std::string_view cause, std::int64_t told) {
  auto fresh = payments_.put_dispute({news.id, news.payment_intent, news.status, told}, now_);
  if (!fresh) return fail(std::move(fresh.error()));
  return settle(news.payment_intent, nullptr, cause, told, *fresh);
}

Result<void> Ledger::settle_order(Order& order, const MoneyBack& back, std::string_view cause, std::int64_t told) {
  if (back.amount_refunded > order.amount_refunded) {
    order.amount_refunded = back.amount_refunded;
    if (auto r = store_.update_order(order, now_); !r) return r;
  }
  auto moved = [&](Trigger t) { return move(order, t, cause, told); };
  if (back.refunded || back.amount_refunded > 0)
    if (auto r = moved(back.refunded ? Trigger::refunded : Trigger::refunded_partly); !r) return r;
  if (back.lost) return moved(Trigger::dispute_lost);
  if (back.disputed) return moved(Trigger::disputed);
  // A dispute that was won gives back what it took, and nothing else: it is no proof of a payment.
  if (back.won && (order.state == State::disputed || order.state == State::lost)) return moved(Trigger::dispute_won);
  return {};
}

Result<void> Ledger::settle(const std::string& payment_intent, Order* known, std::string_view cause, std::int64_t told,
                            bool fresh) {
  if (payment_intent.empty()) return {};
  auto back = payments_.money_back(payment_intent);
  if (!back) return fail(std::move(back.error()));
  const bool nothing = back->amount_refunded == 0 && !back->taken() && !back->won;
  if (nothing) return {};
  if (auto r = payments_.put_taken(payment_intent, back->taken(), now_); !r) return r;
  if (known) return settle_order(*known, *back, cause, told);

  auto invoice = payments_.invoice_of(payment_intent);
  if (!invoice) return fail(std::move(invoice.error()));
  auto order = store_.order_by_intent(payment_intent);
  if (order && !*order && invoice->first) order = store_.order_by_subscription(invoice->subscription);
  if (!order) return fail(std::move(order.error()));
  if (*order) return settle_order(**order, *back, cause, told);
  // A renewal: the order was paid by another payment and stays as it is; what is entitled reads the payment itself.
  if (!fresh || invoice->subscription.empty()) return {};
  auto s = store_.subscription(invoice->subscription);
  if (!s) return fail(std::move(s.error()));
  if (!*s) return {};
  std::string_view what = back->lost       ? "renewal_charged_back"
                          : back->disputed ? "renewal_disputed"
                          : back->refunded ? "renewal_refunded"
                          : back->won      ? "renewal_dispute_won"
                                           : "renewal_partly_refunded";
  told_.push_back({std::string(what), (*s)->person, (*s)->order, (*s)->id, std::string(cause), (*s)->status,
                   back->amount_refunded, ""});
  return {};
}

// A subscription is proved by an invoice that was paid, or by its order; a trial proves nothing by beginning, only by
// its first money.
Result<void> Ledger::prove(Subscription& s, const std::optional<Order>& order) {
  if (s.proved) return {};
  auto paid = payments_.paid_for(s.id, s.status == "trialing" ? std::numeric_limits<std::int64_t>::max() : s.trial_end);
  if (!paid) return fail(std::move(paid.error()));
  s.proved = *paid || (order && entitles(order->state) && s.status != "trialing" && s.trial_end == 0);
  return {};
}

Result<void> Ledger::prove(const std::string& subscription) {
  if (subscription.empty()) return {};
  auto known = store_.subscription(subscription);
  if (!known) return fail(std::move(known.error()));
  if (!*known || (*known)->proved) return {};  // one that is not known yet is proved when it comes
  auto order = store_.order_by_subscription(subscription);
  if (!order) return fail(std::move(order.error()));
  if (auto r = prove(**known, *order); !r) return r;
  return (*known)->proved ? store_.put_subscription(**known) : Result<void>();
}

// Keeps what is known of an invoice. True: its payment is known to be its subscription's from now on.
Result<bool> Ledger::join(const Invoice& invoice) {
  auto before = payments_.invoice_of(invoice.payment_intent);
  if (!before) return fail(std::move(before.error()));
  if (auto r = payments_.put_invoice(invoice, now_); !r) return fail(std::move(r.error()));
  return before->id.empty();
}

Result<void> Ledger::invoice_news(const InvoiceNews& news, std::string_view cause, std::int64_t told) {
  const bool first = news.reason.empty() || news.reason == "subscription_create";
  const bool renewal = news.reason == "subscription_cycle";
  const bool money = news.amount.value_or(0) > 0;
  auto linked = join(
      {news.id, news.subscription, news.payment_intent, news.paid, news.paid && money, news.base, first, news.made});
  if (!linked) return fail(std::move(linked.error()));
  OrderNews about;
  about.order = news.order;
  about.subscription = news.subscription;
  about.customer = news.customer;
  auto found = find(about);
  if (!found) return fail(std::move(found.error()));
  if (*found) {
    Order& order = **found;
    const std::string_view what = !renewal    ? news.paid ? "subscription_paid" : "payment_failed"
                                  : news.paid ? "renewal_paid"
                                              : "renewal_failed";
    if (!news.paid || !first) tell(std::string(what), order, cause);
    if (news.paid && first) {
      about.trigger = Trigger::paid;
      about.amount = news.amount;
      about.payment_intent = news.payment_intent;
      if (auto r = learn(order, about); !r) return r;
      if (auto r = move(order, Trigger::paid, cause, told); !r) return r;
    }
  } else if (auto s = store_.subscription(news.subscription); !s) {
    return fail(std::move(s.error()));
  } else if (*s) {
    // Begun outside, for a customer that we know.
    told_.push_back({news.paid ? "subscription_paid" : "payment_failed", (*s)->person, "", (*s)->id, std::string(cause),
                     (*s)->status, news.amount.value_or(0), news.currency});
  }
  if (!news.paid) return {};
  if (auto r = prove(news.subscription); !r) return r;
  return settle(news.payment_intent, nullptr, cause, told, *linked);
}

Result<std::string> Ledger::entitlements_of(const SubscriptionNews& news, const std::optional<Order>& order) {
  std::vector<std::string> names;
  bool known = false;
  auto add = [&](const std::vector<std::string>& more) {
    for (const std::string& n : more)
      if (std::find(names.begin(), names.end(), n) == names.end()) names.push_back(n);
  };
  auto configured = [&](const std::vector<std::string>& ids) {
    for (const auto& [id, to] : rules_.entitlements)
      if (std::find(ids.begin(), ids.end(), id) != ids.end()) {
        add(to);
        known = true;
      }
  };
  configured(news.products);
  configured(news.prices);
  for (const std::string& product : news.products) {
    auto kept = store_.product_entitlements(product);
    if (!kept) return fail(std::move(kept.error()));
    if (!*kept) continue;
    add(entitlement_names(**kept));
    known = true;
  }
  if (!known && order) return order->entitlements;
  return joined(names);
}

Result<void> Ledger::subscription_news(const SubscriptionNews& news, std::string_view cause, std::int64_t told,
                                       bool certain) {
  if (news.id.empty()) return {};
  auto before = store_.subscription(news.id);
  if (!before) return fail(std::move(before.error()));
  OrderNews about;
  about.order = news.order;
  about.subscription = news.id;
  about.customer = news.customer;
  auto order = find(about);
  if (!order) return fail(std::move(order.error()));
  Subscription s = before->value_or(Subscription{});
  if (*before && !certain) {
    // What ended never begins again, and an older event says nothing about today.
    if (s.status == "canceled" || s.status == "incomplete_expired") return {};
    if (told < s.told) return {};
    // Within one second only the event itself knows what it follows.
    const bool follows =
        news.removed || news.previous_status == s.status || (news.previous_status.empty() && news.status == s.status);
    if (told == s.told && !follows) {
      // `created` beside `updated`: the update is the newer one.
      const bool older = s.status != "incomplete" && news.status == "incomplete";
      if (!older) s.unsure = true;
      return older ? Result<void>() : store_.put_subscription(s);
    }
  }
  if (!*before) {
    s.id = news.id;
    if (*order) {
      s.person = (*order)->person;
      s.order = (*order)->id;
    } else {
      auto owner = store_.person_of(news.customer);
      if (!owner) return fail(std::move(owner.error()));
      if (!*owner) return {};  // nobody's that we know
      s.person = **owner;
    }
  }
  const std::string old = s.status;
  s.customer = news.customer;
  s.status = news.status;
  s.prices = joined(news.prices);
  s.period_end = news.period_end;
  s.trial_end = news.trial_end;
  s.cancel_at_period_end = news.cancel_at_period_end;
  s.told = told;
  s.unsure = false;
  if (s.status == "past_due" && old != "past_due") s.past_due_since = told;
  if (s.status != "past_due") s.past_due_since = 0;
  // An order proves a subscription that it began, not one that went on without money.
  const std::optional<Order> proof = *before ? std::nullopt : *order;
  auto entitled = entitlements_of(news, *order);
  if (!entitled) return fail(std::move(entitled.error()));
  s.entitlements = std::move(*entitled);
  if (auto r = prove(s, proof); !r) return r;
  if (auto r = store_.put_subscription(s); !r) return r;

  Happened h{"", s.person, s.order, s.id, std::string(cause), s.status, 0, ""};
  if (s.status != old) {
    h.what = s.status == "canceled" ? "subscription_canceled" : "subscription_" + s.status;
    told_.push_back(h);
  }
  if (!*order) return {};
  if ((*order)->subscription.empty()) {
    (*order)->subscription = s.id;
    if (auto r = store_.update_order(**order, now_); !r) return r;
  }
  // A trial costs nothing yet, so its beginning is all there is to prove.
  if (s.status == "trialing") return move(**order, Trigger::paid, cause, told);
  if (s.status == "incomplete_expired") return move(**order, Trigger::canceled, cause, told);
  return {};
}

}  // namespace gatehouse::services::billing
