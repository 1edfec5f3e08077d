#include "services/billing/event.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::services::billing {
namespace {

constexpr std::size_t kMostItems = 100;

bool id_like(std::string_view s) {
  return !s.empty() && s.size() <= 255 && std::all_of(s.begin(), s.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-';
  });
}

// An id, or an expanded object's id.
std::string id_at(const json::Value& v, std::string_view name) {
  const json::Value* m = v.find(name);
  if (!m) return {};
  const auto s = m->is_object() ? m->string_at("id") : m->string();
  return s && id_like(*s) ? std::string(*s) : std::string();
}

std::string text_at(const json::Value& v, std::string_view name) {
  const auto s = v.string_at(name);
  return s && s->size() <= 255 ? std::string(*s) : std::string();
}

std::int64_t number_at(const json::Value& v, std::string_view name) {
  const json::Value* m = v.find(name);
  const auto n = m ? m->integer() : std::nullopt;
  return n && *n >= 0 ? *n : 0;
}

std::optional<std::int64_t> amount_at(const json::Value& v, std::string_view name) {
  const json::Value* m = v.find(name);
  const auto n = m ? m->integer() : std::nullopt;
  return n && *n >= 0 ? n : std::nullopt;
}

bool flag_at(const json::Value& v, std::string_view name) {
  const json::Value* m = v.find(name);
  return m && m->boolean().value_or(false);
}

// Our own order id, written by us when the object was made.
std::string order_of(const json::Value& v) {
  const json::Value* metadata = v.find("metadata");
  return metadata ? id_at(*metadata, "order_id") : std::string();
}

const json::Value* subscription_details(const json::Value& invoice) {
  const json::Value* parent = invoice.find("parent");
  const json::Value* details = parent ? parent->find("subscription_details") : nullptr;
  return details && details->is_object() ? details : nullptr;
}

// The payment that settled an invoice, when the event carries it.
std::string payment_of(const json::Value& invoice) {
  const json::Value* payments = invoice.find("payments");
  const json::Value* data = payments ? payments->find("data") : nullptr;
  if (!data) return {};
  for (const json::Value& p : data->array())
    if (const json::Value* payment = p.find("payment"); payment && text_at(p, "status") == "paid")
      return id_at(*payment, "payment_intent");
  return {};
}

// Does it pay for a whole period of the subscription? Changes within one (an upgrade) bring lines of proration alone.
bool pays_a_period(const json::Value& invoice, std::string_view reason) {
  const json::Value* lines = invoice.find("lines");
  const json::Value* data = lines ? lines->find("data") : nullptr;
  if (!data || data->array().empty()) return reason == "subscription_create" || reason == "subscription_cycle";
  for (const json::Value& line : data->array()) {
    const json::Value* parent = line.find("parent");
    const json::Value* item = parent ? parent->find("subscription_item_details") : nullptr;
    if (item && item->is_object() && !flag_at(*item, "proration")) return true;
  }
  return false;
}

void read_product(const json::Value& o, StripeEvent& e) {
  e.product = id_at(o, "id");
  const json::Value* metadata = o.find("metadata");
  e.product_entitlements = metadata ? text_at(*metadata, "entitlements") : std::string();
}

// What payload object each type that concerns us must carry.
std::string_view object_for(std::string_view type) {
  if (type.starts_with("checkout.session.")) return "checkout.session";
  if (type.starts_with("payment_intent.")) return "payment_intent";
  if (type.starts_with("charge.dispute.")) return "dispute";
  if (type == "charge.refunded") return "charge";
  if (type == "invoice_payment.paid") return "invoice_payment";
  if (type.starts_with("invoice.")) return "invoice";
  if (type.starts_with("customer.subscription.")) return "subscription";
  if (type.starts_with("product.")) return "product";
  if (type == "customer.deleted") return "customer";
  return {};
}

void read_object(const json::Value& data, const json::Value& o, StripeEvent& e) {
  const std::string_view type = e.type;
  if (type == "checkout.session.completed" || type == "checkout.session.async_payment_succeeded" ||
      type == "checkout.session.async_payment_failed" || type == "checkout.session.expired") {
    e.order = news_of_session(o);
    if (e.order && type == "checkout.session.async_payment_failed") e.order->trigger = Trigger::payment_failed;
  } else if (type == "payment_intent.succeeded" || type == "payment_intent.canceled" ||
             type == "payment_intent.processing") {
    e.order = news_of_intent(o);
  } else if (type == "charge.refunded") {
    e.refund = news_of_charge(o);
  } else if (type.starts_with("charge.dispute.")) {
    // Whatever it was sent for (created, updated, closed, the money withdrawn or back): the dispute says how it stands.
    e.dispute = news_of_dispute(o);
  } else if (type == "invoice.paid" || type == "invoice.payment_failed") {
    e.invoice = news_of_invoice(o);
    // Stops: the word of an event's type alone; the invoice itself must say that it is paid.
    if (e.invoice && e.invoice->paid != (type == "invoice.paid")) e.invoice.reset();
  } else if (type == "customer.subscription.trial_will_end") {
    e.trial_ends_soon = true;
    e.subscription = news_of_subscription(o);
  } else if (type.starts_with("customer.subscription.")) {
    e.subscription = news_of_subscription(o);
    e.subscription->removed = type == "customer.subscription.deleted";
    if (const json::Value* previous = data.find("previous_attributes"))
      e.subscription->previous_status = text_at(*previous, "status");
  } else if (type == "product.created" || type == "product.updated") {
    read_product(o, e);
  } else if (type == "customer.deleted") {
    e.deleted_customer = id_at(o, "id");
  }
}

}  // namespace

std::optional<OrderNews> news_of_session(const json::Value& o) {
  OrderNews n;
  n.session = id_at(o, "id");
  // Stops: the dear order confirmed by a cheap payment link. Whoever opens one writes client_reference_id into its
  // address; metadata only our key writes.
  n.order = order_of(o);
  n.customer = id_at(o, "customer");
  n.payment_intent = id_at(o, "payment_intent");
  n.subscription = id_at(o, "subscription");
  n.amount = amount_at(o, "amount_total");
  n.currency = text_at(o, "currency");
  const std::string status = text_at(o, "status"), payment = text_at(o, "payment_status");
  // Stops: taking a finished checkout for money. Only these two words are a proof.
  if (status == "complete" && (payment == "paid" || payment == "no_payment_required"))
    n.trigger = Trigger::paid;
  else if (status == "complete" && payment == "unpaid")
    n.trigger = Trigger::processing;
  else if (status == "expired")
    n.trigger = Trigger::expired;
  else
    return std::nullopt;
  return n;
}

std::optional<OrderNews> news_of_intent(const json::Value& o) {
  OrderNews n;
  n.payment_intent = id_at(o, "id");
  n.order = order_of(o);
  n.customer = id_at(o, "customer");
  n.amount = amount_at(o, "amount_received");
  n.currency = text_at(o, "currency");
  const std::string status = text_at(o, "status");
  if (status == "succeeded")
    n.trigger = Trigger::paid;
  else if (status == "processing")
    n.trigger = Trigger::processing;
  else if (status == "canceled")
    n.trigger = Trigger::canceled;
  else
    return std::nullopt;
  return n;
}

SubscriptionNews news_of_subscription(const json::Value& o) {
  SubscriptionNews s;
  s.id = id_at(o, "id");
  s.customer = id_at(o, "customer");
  s.status = text_at(o, "status");
  s.order = order_of(o);
  s.trial_end = number_at(o, "trial_end");
  s.cancel_at = number_at(o, "cancel_at");
  s.cancel_at_period_end = flag_at(o, "cancel_at_period_end");
  const json::Value* items = o.find("items");
  const json::Value* data = items ? items->find("data") : nullptr;
  if (!data) return s;
  for (const json::Value& item : data->array()) {
    if (s.prices.size() == kMostItems) break;
    s.period_end = std::max(s.period_end, number_at(item, "current_period_end"));
    const json::Value* price = item.find("price");
    if (!price) continue;
    if (std::string id = id_at(item, "price"); !id.empty()) s.prices.push_back(std::move(id));
    if (std::string id = id_at(*price, "product"); !id.empty()) s.products.push_back(std::move(id));
  }
  return s;
}

std::optional<RefundNews> news_of_charge(const json::Value& o) {
  RefundNews n;
  n.payment_intent = id_at(o, "payment_intent");
  n.customer = id_at(o, "customer");
  n.order = order_of(o);
  n.amount_refunded = number_at(o, "amount_refunded");
  n.all = flag_at(o, "refunded");
  if (n.amount_refunded == 0 || n.payment_intent.empty()) return std::nullopt;
  return n;
}

std::optional<DisputeNews> news_of_dispute(const json::Value& o) {
  DisputeNews n{id_at(o, "id"), id_at(o, "payment_intent"), text_at(o, "status")};
  if (n.id.empty() || n.payment_intent.empty() || n.status.empty()) return std::nullopt;
  return n;
}

std::optional<InvoiceNews> news_of_invoice(const json::Value& o) {
  const json::Value* details = subscription_details(o);
  if (!details) return std::nullopt;  // an invoice of its own: none of our orders
  InvoiceNews n;
  n.paid = text_at(o, "status") == "paid";
  n.id = id_at(o, "id");
  n.subscription = id_at(*details, "subscription");
  n.order = order_of(*details);
  n.customer = id_at(o, "customer");
  n.payment_intent = payment_of(o);
  n.reason = text_at(o, "billing_reason");
  n.base = pays_a_period(o, n.reason);
  n.made = number_at(o, "created");
  n.amount = amount_at(o, "amount_paid");
  n.currency = text_at(o, "currency");
  if (n.id.empty() || n.subscription.empty()) return std::nullopt;
  return n;
}

Result<StripeEvent> read_event(std::string_view payload) {
  auto value = json::parse(payload, {32, 8u << 20, false});
  if (!value) return fail(Source::client, "bad_event", "the payload is no JSON: " + value.error().detail);
  StripeEvent e;
  e.id = id_at(*value, "id");
  e.type = text_at(*value, "type");
  e.account = id_at(*value, "account");
  e.created = number_at(*value, "created");
  e.livemode = flag_at(*value, "livemode");
  if (text_at(*value, "object") != "event" || e.id.empty() || e.type.empty())
    return fail(Source::client, "bad_event", "the payload is no event (v2 thin events are not taken)");
  const json::Value* data = value->find("data");
  const json::Value* object = data ? data->find("object") : nullptr;
  if (!object || !object->is_object()) return fail(Source::client, "bad_event", e.type + " carries no object");
  const std::string_view expected = object_for(e.type);
  if (expected.empty()) return e;
  if (text_at(*object, "object") != expected || (expected != "invoice_payment" && id_at(*object, "id").empty()))
    return fail(Source::client, "bad_event", text::printable(e.type, 60) + " carries another kind of object");
  if (e.type == "invoice_payment.paid") {
    const json::Value* payment = object->find("payment");
    e.settled_invoice = id_at(*object, "invoice");
    e.settling_intent = payment ? id_at(*payment, "payment_intent") : std::string();
    if (e.settling_intent.empty()) e.settled_invoice.clear();
    return e;
  }
  read_object(*data, *object, e);
  return e;
}

}  // namespace gatehouse::services::billing
