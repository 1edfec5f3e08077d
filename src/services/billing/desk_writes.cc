// The answers that make something at Stripe.
#include <algorithm>

#include "base/crypto/digest.h"
#include "base/text.h"
#include "services/billing/desk.h"
#include "services/billing/views.h"

namespace gatehouse::services::billing {
namespace {

// What every object of ours carries, so that its events find the way back.
json::Value our_metadata(const Order& o) {
  json::Value m;
  m.set("order_id", o.id).set("user_id", o.person.subject);
  return m;
}

json::Value items_of(const std::vector<Item>& items) {
  json::Value list{json::Array{}};
  for (const Item& i : items) {
    json::Value one;
    one.set("price", i.price).set("quantity", i.quantity);
    list.push(std::move(one));
  }
  return list;
}

std::string id_in(const json::Value& v, std::string_view name) {
  const json::Value* m = v.find(name);
  if (!m) return {};
  const auto s = m->is_object() ? m->string_at("id") : m->string();
  return s && is_stripe_id(*s, "") ? std::string(*s) : std::string();
}

// A key for a call that a person may send twice by accident; a new one each time when he gives none.
std::string call_key(gate::Exchange& x, std::string_view what, const std::string& given) {
  if (given.empty()) return "gatehouse-" + std::string(what) + "-" + text::hex(x.worker.entropy.bytes<16>());
  std::string all = x.identity.principal->issuer + '\n' + x.identity.principal->subject + '\n' + given;
  return "gatehouse-" + std::string(what) + "-" + text::hex(crypto::sha256(all).view());
}

Call post(std::string path, std::string key = {}) {
  Call c;
  c.method = "POST";
  c.path = std::move(path);
  c.idempotency_key = std::move(key);
  return c;
}

}  // namespace

Task<Result<json::Value>> BillingDesk::make_for(gate::Exchange& x, const Order& order, Call c) const {
  c.idempotency_key = "gatehouse-" + order.id;
  c.params.set("customer", order.customer);
  auto asking = call(x, std::move(c));
  Result<json::Value> made = co_await asking;
  if (made) co_return made;
  auto noting = not_opened(x, order, std::move(made.error()));
  Problem why = co_await noting;
  co_return fail(std::move(why));
}

Task<Result<json::Value>> BillingDesk::make_for_customer(gate::Exchange& x, Call c) const {
  auto asking_customer = customer_id(x);
  Result<std::string> customer = co_await asking_customer;
  if (!customer) co_return fail(std::move(customer.error()));
  c.params.set("customer", *customer);
  auto asking = call(x, std::move(c));
  Result<json::Value> made = co_await asking;
  if (!made) co_return fail(outward(std::move(made.error())));
  co_return made;
}

Task<BillingDesk::Answer> BillingDesk::customer(gate::Exchange& x) const {
  auto reading = read_request(x, {});
  Result<json::Value> body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));
  auto asking = customer_id(x);
  Result<std::string> id = co_await asking;
  if (!id) co_return fail(std::move(id.error()));
  json::Value v;
  v.set("id", *id).set("object", "customer");
  co_return json_answer(x, v);
}

Task<BillingDesk::Answer> BillingDesk::checkout(gate::Exchange& x) const {
  auto reading = read_request(x, {"price", "quantity", "items", "success_url", "cancel_url", "mode"});
  Result<json::Value> body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));
  auto success = text_member(*body, "success_url"), cancel = text_member(*body, "cancel_url"),
       mode = text_member(*body, "mode");
  for (auto* part : {&success, &cancel, &mode})
    if (!*part) co_return fail(std::move(part->error()));
  if (!*success) co_return fail(Source::client, "invalid_body", "`success_url` is missing");
  for (const auto* url : {&*success, &*cancel})
    if (*url && !may_return_to(billing_->config(), **url))
      co_return fail(Source::client, "billing_return_url", text::printable(**url, 100) + " is not of a listed origin");
  auto wanting = wanted(x, *body);
  Result<Wanted> w = co_await wanting;
  if (!w) co_return fail(std::move(w.error()));
  const std::string_view kind = w->recurring ? "subscription" : "payment";
  if (*mode && **mode != kind)
    co_return fail(Source::client, "billing_price", "the price is for mode " + std::string(kind));
  auto beginning = begin_order(x, w->recurring ? "subscription" : "checkout", *w);
  Result<Order> order = co_await beginning;
  if (!order) co_return fail(std::move(order.error()));

  Call c = post("/v1/checkout/sessions");
  c.params.set("mode", kind).set("client_reference_id", order->id);
  c.params.set("line_items", items_of(w->items)).set("success_url", **success);
  if (*cancel) c.params.set("cancel_url", **cancel);
  c.params.set("metadata", our_metadata(*order));
  json::Value inner;
  inner.set("metadata", our_metadata(*order));
  c.params.set(w->recurring ? "subscription_data" : "payment_intent_data", std::move(inner));
  auto asking = make_for(x, *order, std::move(c));
  Result<json::Value> session = co_await asking;
  if (!session) co_return fail(std::move(session.error()));
  auto noting = opened(x, *order, id_in(*session, "id"), id_in(*session, "payment_intent"), "");
  Result<void> noted = co_await noting;
  if (!noted) co_return fail(std::move(noted.error()));
  json::Value v;
  v.set("order", order->id).set("session", id_in(*session, "id"));
  for (std::string_view name : {"url", "expires_at"})
    if (const json::Value* m = session->find(name)) v.set(name, *m);
  co_return json_answer(x, v);
}

Task<BillingDesk::Answer> BillingDesk::portal(gate::Exchange& x) const {
  auto reading = read_request(x, {"return_url"});
  Result<json::Value> body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));
  auto back = text_member(*body, "return_url");
  if (!back) co_return fail(std::move(back.error()));
  if (*back && !may_return_to(billing_->config(), **back))
    co_return fail(Source::client, "billing_return_url", text::printable(**back, 100) + " is not of a listed origin");
  Call c = post("/v1/billing_portal/sessions", call_key(x, "portal", ""));
  c.params.set("return_url", *back ? **back : billing_->config().return_origins.front().text() + "/");
  auto asking = make_for_customer(x, std::move(c));
  Result<json::Value> session = co_await asking;
  if (!session) co_return fail(std::move(session.error()));
  json::Value v;
  if (const json::Value* url = session->find("url")) v.set("url", *url);
  co_return json_answer(x, v);
}

Task<BillingDesk::Answer> BillingDesk::subscribe(gate::Exchange& x) const {
  auto reading = read_request(x, {"price", "quantity", "items"});
  Result<json::Value> body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));
  auto wanting = wanted(x, *body);
  Result<Wanted> w = co_await wanting;
  if (!w) co_return fail(std::move(w.error()));
  if (!w->recurring) co_return fail(Source::client, "billing_price", "the price is paid once");
  auto beginning = begin_order(x, "subscription", *w);
  Result<Order> order = co_await beginning;
  if (!order) co_return fail(std::move(order.error()));
  Call c = post("/v1/subscriptions");
  c.params.set("items", items_of(w->items)).set("payment_behavior", "default_incomplete");
  c.params.set("metadata", our_metadata(*order));
  json::Value keep, expand{json::Array{}};
  keep.set("save_default_payment_method", "on_subscription");
  c.params.set("payment_settings", std::move(keep));
  expand.push("latest_invoice.confirmation_secret");
  c.params.set("expand", std::move(expand));
  auto asking = make_for(x, *order, std::move(c));
  Result<json::Value> made = co_await asking;
  if (!made) co_return fail(std::move(made.error()));
  auto noting = opened(x, *order, "", "", id_in(*made, "id"));
  Result<void> noted = co_await noting;
  if (!noted) co_return fail(std::move(noted.error()));
  json::Value v;
  v.set("order", order->id).set("subscription", shown_subscription(*made));
  const json::Value* invoice = made->find("latest_invoice");
  const json::Value* secret = invoice ? invoice->find("confirmation_secret") : nullptr;
  if (const json::Value* s = secret ? secret->find("client_secret") : nullptr) v.set("client_secret", *s);
  co_return json_answer(x, v);
}

Task<BillingDesk::Answer> BillingDesk::cancel(gate::Exchange& x) const {
  const std::string id(x.parameter("id"));
  const auto missing = [] { return fail(Source::client, "not_found", "no such subscription of this person"); };
  bool now = false;
  if (x.request.has_query && !x.request.query.empty()) {
    if (x.request.query == "when=now")
      now = true;
    else if (x.request.query != "when=period_end")
      co_return fail(Source::client, "bad_query", "when is now or period_end");
  }
  if (!is_stripe_id(id, "sub_")) co_return missing();
  auto knowing = known_customer(x);
  Result<std::string> customer = co_await knowing;
  if (!customer) co_return fail(std::move(customer.error()));
  if (customer->empty()) co_return missing();
  Call look;
  look.path = "/v1/subscriptions/" + id;
  auto looking = call(x, std::move(look));
  Result<json::Value> found = co_await looking;
  if (!found && found.error().code == "stripe_missing") co_return missing();
  if (!found) co_return fail(std::move(found.error()));
  // Stops: ending somebody else's subscription; it answers as if there were none.
  if (id_in(*found, "customer") != *customer) co_return missing();
  if (found->string_at("status") == "canceled") co_return fail(Source::client, "conflict", id + " is canceled already");
  Call c;
  c.path = "/v1/subscriptions/" + id;
  c.method = now ? "DELETE" : "POST";
  if (!now) {
    c.params.set("cancel_at_period_end", true);
    c.idempotency_key = call_key(x, "cancel", "");
  }
  auto asking = call(x, std::move(c));
  Result<json::Value> done = co_await asking;
  if (!done) co_return fail(outward(std::move(done.error())));
  co_return json_answer(x, shown_subscription(*done));
}

Task<BillingDesk::Answer> BillingDesk::pay(gate::Exchange& x) const {
  auto reading = read_request(x, {"price", "quantity", "items"});
  Result<json::Value> body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));
  auto wanting = wanted(x, *body);
  Result<Wanted> w = co_await wanting;
  if (!w) co_return fail(std::move(w.error()));
  const bool fixed =
      std::all_of(w->prices.begin(), w->prices.end(), [](const Price* p) { return p->amount.has_value(); });
  if (w->recurring || !fixed || w->amount <= 0)
    co_return fail(Source::client, "billing_price", "the price is not a fixed amount that is paid once");
  auto beginning = begin_order(x, "intent", *w);
  Result<Order> order = co_await beginning;
  if (!order) co_return fail(std::move(order.error()));
  Call c = post("/v1/payment_intents");
  json::Value automatic;
  automatic.set("enabled", true);
  c.params.set("amount", w->amount).set("currency", w->currency);
  c.params.set("automatic_payment_methods", std::move(automatic)).set("metadata", our_metadata(*order));
  auto asking = make_for(x, *order, std::move(c));
  Result<json::Value> made = co_await asking;
  if (!made) co_return fail(std::move(made.error()));
  auto noting = opened(x, *order, "", id_in(*made, "id"), "");
  Result<void> noted = co_await noting;
  if (!noted) co_return fail(std::move(noted.error()));
  json::Value v;
  v.set("order", order->id).set("payment_intent", id_in(*made, "id")).set("amount", w->amount);
  v.set("currency", w->currency);
  if (const json::Value* s = made->find("client_secret")) v.set("client_secret", *s);
  co_return json_answer(x, v);
}

Task<BillingDesk::Answer> BillingDesk::keep_means(gate::Exchange& x) const {
  auto reading = read_request(x, {});
  Result<json::Value> body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));
  auto key = idempotency_key(x);
  if (!key) co_return fail(std::move(key.error()));
  Call c = post("/v1/setup_intents", call_key(x, "setup", *key));
  json::Value automatic;
  automatic.set("enabled", true);
  c.params.set("automatic_payment_methods", std::move(automatic));
  auto asking = make_for_customer(x, std::move(c));
  Result<json::Value> made = co_await asking;
  if (!made) co_return fail(std::move(made.error()));
  json::Value v;
  v.set("setup_intent", id_in(*made, "id"));
  if (const json::Value* s = made->find("client_secret")) v.set("client_secret", *s);
  co_return json_answer(x, v);
}

Task<BillingDesk::Answer> BillingDesk::ephemeral_key(gate::Exchange& x) const {
  auto reading = read_request(x, {"api_version"});
  Result<json::Value> body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));
  auto version = text_member(*body, "api_version");
  if (!version) co_return fail(std::move(version.error()));
  auto plain = [](std::string_view v) {
    return v.size() >= 10 && v.size() <= 32 && std::all_of(v.begin(), v.end(), [](char c) {
             return text::is_digit(c) || c == '-' || c == '.' || (c >= 'a' && c <= 'z') || c == '_';
           });
  };
  if (*version && !plain(**version)) co_return fail(Source::client, "invalid_body", "`api_version` is no version");
  Call c = post("/v1/ephemeral_keys", call_key(x, "ephemeral", ""));
  c.version = version->value_or("");
  auto asking = make_for_customer(x, std::move(c));
  Result<json::Value> made = co_await asking;
  if (!made) co_return fail(std::move(made.error()));
  co_return json_answer(x, *made);  // the SDK wants it as it is
}

Task<BillingDesk::Answer> BillingDesk::confirm(gate::Exchange& x) const {
  auto reading = read_request(x, {"order"});
  Result<json::Value> body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));
  auto id = text_member(*body, "order");
  if (!id) co_return fail(std::move(id.error()));
  auto writing = billing_->write(
      x.worker.reactor, x.unix_now,
      [id = id->value_or(""), person = person_of(x), now = x.unix_now](Ledger& l) -> Result<Order> {
        auto order = l.store().order(id);
        if (!order) return fail(std::move(order.error()));
        if (!*order || (*order)->person.subject != person.subject || (*order)->person.issuer != person.issuer)
          return fail(Source::client, "not_found", "no such order of this person");
        if (auto r = l.move(**order, Trigger::paid, "by hand: " + person.subject, now); !r)
          return fail(std::move(r.error()));
        return **order;
      });
  Result<Order> done = co_await writing;
  if (!done) co_return fail(std::move(done.error()));
  co_return json_answer(x, shown(*done));
}

}  // namespace gatehouse::services::billing
