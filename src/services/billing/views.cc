#include "services/billing/views.h"

#include "services/billing/config.h"

namespace gatehouse::services::billing {
namespace {

constexpr http::FieldName kContentType{"Content-Type"}, kCacheControl{"Cache-Control"};

json::Value names(std::string_view list) {
  json::Value out{json::Array{}};
  for (const std::string& n : entitlement_names(list)) out.push(n);
  return out;
}

}  // namespace

json::Value shown(const Order& o) {
  json::Value v;
  v.set("id", o.id).set("object", "order").set("kind", o.kind).set("state", name_of(o.state));
  v.set("confirmed", entitles(o.state)).set("items", o.items).set("entitlements", names(o.entitlements));
  v.set("amount", o.amount).set("amount_refunded", o.amount_refunded).set("currency", o.currency);
  if (!o.session.empty()) v.set("session", o.session);
  if (!o.payment_intent.empty()) v.set("payment_intent", o.payment_intent);
  if (!o.subscription.empty()) v.set("subscription", o.subscription);
  v.set("created", o.created).set("updated", o.updated);
  return v;
}

json::Value shown(const Subscription& s) {
  json::Value v;
  v.set("id", s.id).set("object", "subscription").set("status", s.status).set("order", s.order);
  v.set("entitlements", names(s.entitlements)).set("prices", s.prices).set("paid_once", s.proved);
  v.set("cancel_at_period_end", s.cancel_at_period_end).set("period_end", s.period_end).set("unsure", s.unsure);
  return v;
}

json::Value shown(const Transition& t) {
  json::Value v;
  v.set("at", t.at).set("from", name_of(t.from)).set("to", name_of(t.to)).set("trigger", t.trigger);
  v.set("cause", t.cause).set("told", t.told);
  return v;
}

json::Value shown_subscription(const json::Value& s) {
  json::Value v{json::Object{}};
  for (std::string_view name :
       {"id", "object", "status", "created", "currency", "start_date", "trial_start", "trial_end", "cancel_at",
        "cancel_at_period_end", "canceled_at", "ended_at", "collection_method", "livemode"})
    if (const json::Value* m = s.find(name)) v.set(name, *m);
  json::Value items{json::Array{}};
  const json::Value* list = s.find("items");
  const json::Value* data = list ? list->find("data") : nullptr;
  if (data)
    for (const json::Value& item : data->array()) {
      json::Value one{json::Object{}};
      for (std::string_view name : {"id", "object", "quantity", "current_period_start", "current_period_end"})
        if (const json::Value* m = item.find(name)) one.set(name, *m);
      if (const json::Value* price = item.find("price"))
        for (std::string_view name : {"id", "product", "unit_amount", "currency", "recurring"})
          if (const json::Value* m = price->find(name)) one.set(name == "id" ? "price" : name, *m);
      items.push(std::move(one));
    }
  v.set("items", std::move(items));
  return v;
}

http::Response json_answer(gate::Exchange& x, const json::Value& v, int status) {
  http::Response out(x.arena);
  out.status = status;
  out.fields.add(kContentType, "application/json");
  out.fields.add(kCacheControl, "no-store");
  out.bytes = x.arena.copy(json::write(v));
  return out;
}

json::Value list_of(std::string_view url, json::Value data, bool has_more) {
  json::Value v;
  v.set("object", "list").set("url", url).set("has_more", has_more).set("data", std::move(data));
  return v;
}

}  // namespace gatehouse::services::billing
