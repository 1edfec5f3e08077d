#include "services/billing/ledger.h"

#include <algorithm>

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

std::optional<Trigger> trigger_named(std::string_view name) {
  for (std::size_t i = 0; i < kTriggers; ++i)
    if (name_of(static_cast<Trigger>(i)) == name) return static_cast<Trigger>(i);
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ",") + n;
  return out;
}

// About money that went back: it may come before we know which order the money was for.
bool about_a_payment(Trigger t) { return t >= Trigger::refunded_partly; }

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
  if (e.invoice)
    if (auto r = invoice_news(*e.invoice, e.id, e.created); !r) return r;
  if (!e.settled_invoice.empty()) {
    if (auto r = store_.join_invoice(e.settled_invoice, "", e.settling_intent); !r) return r;
    auto subscription = store_.subscription_of_intent(e.settling_intent);
    if (!subscription) return fail(std::move(subscription.error()));
    auto order = store_.order_by_subscription(*subscription);
    if (!order) return fail(std::move(order.error()));
    if (*order) {
      auto waiting = store_.take_parked(e.settling_intent);
      if (!waiting) return fail(std::move(waiting.error()));
      for (const Parked& p : *waiting)
        if (auto t = trigger_named(p.trigger))
          if (auto r = move(**order, *t, p.event, p.told); !r) return r;
    }
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
  if (found && !*found && !news.payment_intent.empty()) {
    auto subscription = store_.subscription_of_intent(news.payment_intent);
    if (!subscription) return fail(std::move(subscription.error()));
    found = store_.order_by_subscription(*subscription);
  }
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
  if (news.amount_refunded > order.amount_refunded) {
    order.amount_refunded = news.amount_refunded;
    changed = true;
  }
  return changed ? store_.update_order(order, now_) : Result<void>();
}

// What came before we knew whose payment it was.
Result<void> Ledger::replay(Order& order) {
  if (order.payment_intent.empty()) return {};
  auto waiting = store_.take_parked(order.payment_intent);
  if (!waiting) return fail(std::move(waiting.error()));
  for (const Parked& p : *waiting) {
    order.amount_refunded = std::max(order.amount_refunded, p.amount_refunded);
    if (auto t = trigger_named(p.trigger))
      if (auto r = move(order, *t, p.event, p.told); !r) return r;
  }
  return {};
}

Result<void> Ledger::order_news(const OrderNews& news, std::string_view cause, std::int64_t told) {
  auto found = find(news);
  if (!found) return fail(std::move(found.error()));
  if (!*found) {
    if (!about_a_payment(news.trigger) || news.payment_intent.empty()) return {};  // none of our orders
    return store_.park(news.payment_intent, {std::string(cause), std::string(name_of(news.trigger)), news.customer,
                                             news.amount_refunded, told});
  }
  Order& order = **found;
  // An app's payment proves itself; one of a checkout is proved by its session, which knows what was bought.
  const bool intent_alone = news.session.empty() && news.subscription.empty() && !about_a_payment(news.trigger);
  if (intent_alone && order.kind != "intent") return {};
  // Stops: a smaller payment, or one in another currency, that confirms the whole order.
  if (intent_alone && news.trigger == Trigger::paid &&
      (news.amount.value_or(0) < order.amount || news.currency != order.currency))
    return {};
  if (auto r = learn(order, news); !r) return r;
  if (auto r = move(order, news.trigger, cause, told); !r) return r;
  if (news.trigger == Trigger::paid && !order.subscription.empty())
    if (auto r = prove(order.subscription, false); !r) return r;
  return replay(order);
}

// A trial proves nothing by beginning, only by its first money.
Result<void> Ledger::prove(const std::string& subscription, bool money) {
  auto known = store_.subscription(subscription);
  if (!known) return fail(std::move(known.error()));
  if (!*known || (*known)->proved) return {};  // a subscription that is not known yet asks its order
  if ((*known)->status == "trialing" && !money) return {};
  (*known)->proved = true;
  return store_.put_subscription(**known);
}

Result<void> Ledger::invoice_news(const InvoiceNews& news, std::string_view cause, std::int64_t told) {
  if (auto r = store_.join_invoice(news.id, news.subscription, news.payment_intent); !r) return r;
  OrderNews about;
  about.order = news.order;
  about.subscription = news.subscription;
  about.customer = news.customer;
  auto found = find(about);
  if (!found) return fail(std::move(found.error()));
  if (!*found) return {};
  Order& order = **found;
  const bool renewal = news.reason == "subscription_cycle";
  if (!news.paid) {
    tell(renewal ? "renewal_failed" : "payment_failed", order, cause);
    return {};
  }
  if (renewal) {
    tell("renewal_paid", order, cause);
    return prove(news.subscription, news.amount.value_or(0) > 0);
  }
  about.trigger = Trigger::paid;
  about.amount = news.amount;
  about.payment_intent = news.payment_intent;
  if (auto r = learn(order, about); !r) return r;
  if (auto r = move(order, Trigger::paid, cause, told); !r) return r;
  if (auto r = prove(news.subscription, news.amount.value_or(0) > 0); !r) return r;
  return replay(order);
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
    s.proved = *order && entitles((*order)->state) && news.status != "trialing";
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
  auto entitled = entitlements_of(news, *order);
  if (!entitled) return fail(std::move(entitled.error()));
  s.entitlements = std::move(*entitled);
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
