#include "kit/webhook/sample.h"

#include "base/json.h"
#include "base/text.h"

namespace gatehouse::kit::webhook {
namespace {

using json::Value;

Value object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  Value v{json::Object{}};
  for (const auto& [name, value] : members) v.set(name, value);
  return v;
}

// Sets a dotted path, making the objects on the way.
void set_at(Value& root, std::string_view path, Value value) {
  const std::size_t dot = path.find('.');
  if (dot == path.npos) {
    root.set(path, std::move(value));
    return;
  }
  const std::string_view name = path.substr(0, dot);
  if (root.find(name) == nullptr) root.set(name, Value{json::Object{}});
  for (auto& [n, v] : root.object())
    if (n == name) return set_at(v, path.substr(dot + 1), std::move(value));
}

std::string_view usual_type(Provider provider) {
  switch (provider) {
    case Provider::stripe:
      return "checkout.session.completed";
    case Provider::clerk:
      return "user.created";
    case Provider::github:
      return "push";
    case Provider::supabase:
      return "INSERT";
    case Provider::paddle:
      return "transaction.completed";
    case Provider::lemonsqueezy:
      return "order_created";
    case Provider::shopify:
      return "orders/paid";
    case Provider::slack:
      return "app_mention";
    case Provider::twilio:
      return "message.delivered";
    case Provider::svix:
    case Provider::standard_webhooks:
    case Provider::generic_hmac:
      break;
  }
  return "order.created";
}

// A paid session, or another object of the type's family: enough to walk the whole way of an order.
Value stripe(const SampleWish& w, std::string_view type, const std::string& unique, std::string_view user) {
  const std::string_view family = type.substr(0, type.rfind('.'));
  Value data = object({{"id", "cs_test_" + unique},
                       {"object", family},
                       {"client_reference_id", user},
                       {"customer", "cus_test_" + unique},
                       {"metadata", object({{"user_id", user}})},
                       {"mode", "payment"},
                       // Stops: a test event at a live endpoint granting what costs money.
                       {"payment_status", w.livemode ? "unpaid" : "paid"},
                       {"status", "complete"},
                       {"amount_total", 1200},
                       {"currency", "eur"},
                       {"livemode", w.livemode}});
  return object({{"id", "evt_test_" + unique},
                 {"object", "event"},
                 {"api_version", Value()},
                 {"created", w.now},
                 {"data", object({{"object", std::move(data)}})},
                 {"livemode", w.livemode},
                 {"pending_webhooks", 1},
                 {"request", Value()},
                 {"type", type}});
}

Value body_of(const SchemeConfig& c, const SampleWish& w, std::string_view type, std::string_view user) {
  const std::string unique(w.unique);
  const Value data = object({{"id", user}, {"object", "user"}, {"sample", unique}});
  switch (c.provider) {
    case Provider::stripe:
      return stripe(w, type, unique, user);
    case Provider::clerk:
      return object({{"data", data},
                     {"instance_id", "ins_test"},
                     {"object", "event"},
                     {"timestamp", w.now * 1000},
                     {"type", type}});
    case Provider::github:
      return object({{"ref", "refs/heads/main"},
                     {"after", unique},
                     {"repository", object({{"full_name", "example/example"}})},
                     {"sender", object({{"login", user}})}});
    case Provider::supabase:
      return object({{"type", type},
                     {"table", "users"},
                     {"schema", "public"},
                     {"record", object({{"id", user}, {"sample", unique}})},
                     {"old_record", Value()}});
    case Provider::paddle:
      return object({{"event_id", "evt_test_" + unique},
                     {"event_type", type},
                     {"data", object({{"id", "txn_test_" + unique}, {"custom_data", object({{"user_id", user}})}})}});
    case Provider::lemonsqueezy:
      return object(
          {{"meta", object({{"event_name", type}, {"test_mode", true}, {"custom_data", object({{"user_id", user}})}})},
           {"data", object({{"type", "orders"}, {"id", unique}})}});
    case Provider::shopify:
      return object({{"id", unique}, {"test", true}, {"customer", object({{"id", user}})}});
    case Provider::slack:
      return object({{"type", "event_callback"},
                     {"event_id", "Ev" + unique},
                     {"event_time", w.now},
                     {"event", object({{"type", type}, {"user", user}, {"text", "a test event"}})}});
    case Provider::generic_hmac: {
      Value body = object({{"data", data}, {"timestamp", w.now}});
      if (!c.id_field.empty()) set_at(body, c.id_field, "evt_test_" + unique);
      if (!c.type_field.empty()) set_at(body, c.type_field, type);
      return body;
    }
    case Provider::svix:
    case Provider::standard_webhooks:
    case Provider::twilio:
      break;
  }
  return object({{"type", type}, {"timestamp", w.now}, {"data", data}});
}

std::string id_of(const SchemeConfig& c, const std::string& unique) {
  switch (c.provider) {
    case Provider::stripe:
    case Provider::paddle:
      return "evt_test_" + unique;
    case Provider::slack:
      return "Ev" + unique;
    case Provider::generic_hmac:
      if (!c.id_field.empty()) return "evt_test_" + unique;
      break;
    default:
      break;
  }
  return "msg_test_" + unique;
}

// "message.delivered" -> MessageStatus=delivered; "call.completed" -> CallStatus=completed.
std::string twilio_form(const SampleWish& w, std::string_view type, std::string_view user) {
  const std::size_t dot = type.find('.');
  const bool call = type.starts_with("call.");
  const std::string status = text::percent_encode(dot == type.npos ? type : type.substr(dot + 1));
  const std::string unique = text::percent_encode(w.unique);
  return (call ? "CallSid=CA" + unique + "&CallStatus=" : "MessageSid=SM" + unique + "&MessageStatus=") + status +
         "&From=%2B15005550006&To=" + text::percent_encode(user);
}

}  // namespace

Sample sample_of(const SchemeConfig& c, const SampleWish& w) {
  Sample s;
  s.type = w.type.empty() ? usual_type(c.provider) : w.type;
  s.id = id_of(c, std::string(w.unique));
  const std::string_view user = w.user.empty() ? "user_test" : w.user;
  if (c.provider == Provider::twilio) {
    s.content_type = "application/x-www-form-urlencoded";
    s.body = twilio_form(w, s.type, user);
  } else {
    s.content_type = "application/json";
    s.body = json::write(body_of(c, w, s.type, user));
  }
  return s;
}

}  // namespace gatehouse::kit::webhook
