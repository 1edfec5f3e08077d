// Money in Python: what makes an order count as paid, and on whose word.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_client.h"
#include "audit/source/python_routes.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool money_record(std::string_view name) {
  return has_word(name, {"order", "orders", "payment", "payments", "invoice", "booking", "transaction", "txn",
                         "purchase", "deposit", "donation", "bill", "reservation", "checkout", "pay"});
}

bool paid_access(std::string_view name) {
  return has_word(name, {"subscription", "subscriptions", "membership", "premium", "enrollment", "enrolment", "plan"});
}

// `order.status = "paid"`, `is_paid=True`, `payment.successful = True`: field, value and what carries them.
bool settles(std::string_view record, std::string_view field, Node value) {
  value = unwrap(value);
  const bool yes = value.is("true");
  if (has_word(field, {"at", "date", "time", "amount", "by"})) return false;
  if (yes && has_word(field, {"paid"})) return true;
  if (yes && has_word(field, {"successful", "success", "completed", "complete", "captured", "confirmed", "settled"}) &&
      (money_record(record) || has_word(field, {"payment", "captured"})))
    return true;
  if (yes && (has_word(field, {"premium", "subscribed", "pro"}) || (field == "has_subscription"))) return true;
  if (yes && (field == "active" || field == "is_active") && paid_access(record)) return true;
  if (!has_word(field, {"status", "state"})) return false;
  std::string said;
  if (const auto text = literal(value))
    said = text::to_lower(*text);
  else if (value.is("attribute"))
    said = text::to_lower(last(dotted(value)));
  const auto w = words(said);
  const auto has = [&](std::string_view x) { return std::find(w.begin(), w.end(), x) != w.end(); };
  if (has("unpaid") || has("not") || has("pending")) return false;
  if (has("paid")) return true;
  const bool about_payment = has_word(field, {"payment"}) ||
                             has_word(record, {"payment", "payments", "transaction", "txn", "invoice", "deposit"});
  if (about_payment && (has("complete") || has("completed") || has("success") || has("successful") ||
                        has("succeeded") || has("captured") || has("approved") || has("done")))
    return true;
  if (has("confirmed") && money_record(record)) return true;
  return has("active") && has_word(record, {"subscription", "subscriptions", "membership"});
}

// The first place below `f` where something of money becomes settled.
Node settling(const File& file, Node f) {
  Node first;
  const auto take = [&](Node at) {
    if (!first || at.begin() < first.begin()) first = at;
  };
  // status=state, where some branch says state = "paid"
  const auto comes_to = [&](std::string_view record, std::string_view field, Node value) {
    if (settles(record, field, value)) return true;
    if (!unwrap(value).is("identifier")) return false;
    for (const Node a : f.all("assignment"))
      if (a.child("left").text() == unwrap(value).text() && settles(record, field, a.child("right"))) return true;
    return false;
  };
  for (const Node a : f.all("assignment")) {
    const Node left = a.child("left");
    if (!left.is("attribute")) continue;
    if (comes_to(dotted(left.child("object")), left.child("attribute").text(), a.child("right"))) take(a);
  }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    const bool record = m == "create" || m == "update" || m == "update_or_create" || m == "get_or_create" ||
                        (!m.empty() && m.front() >= 'A' && m.front() <= 'Z');
    if (!record || m.ends_with("Response") || m.ends_with("Serializer") || m.ends_with("Form")) continue;
    const std::string name(m == "update" ? c->node.child("function").code() : std::string_view(c->name));
    // A new membership may well cost nothing.
    if (paid_access(name) && !money_record(name) &&
        !has_word(function_name(f) + " " + std::string(f.above("class_definition").child("name").text()),
                  {"success", "complete", "completed", "confirm", "payment", "callback", "verify", "checkout", "pay",
                   "paid", "upgrade"}))
      continue;
    for (const auto& [key, value] : c->keywords) {
      if (key == "defaults") {
        for (const auto& [field, inner] : members(value))
          if (comes_to(name, field, inner)) take(c->node);
      } else if (comes_to(name, key, value) && (money_record(name) || paid_access(name))) {
        take(c->node);
      }
    }
  }
  return first;
}

// Asks the provider, or proves what the provider signed.
bool asks_provider(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  const std::string full = file.full(c.name);
  if (f == "construct_event" || f == "compare_digest" || full == "hmac.new" || f == "hexdigest") return true;
  if (full.starts_with("requests.") || full.starts_with("httpx.") || full == "urllib.request.urlopen") return true;
  if (f == "retrieve" || f == "capture" || f == "sale" || f == "charge") return true;
  if (f == "create" && icontains_any(c.name, {"charge.", "paymentintent."}))
    return icontains(c.name, "charge.") || c.keyword("confirm").is("true");
  if (has_word(f,
               {"verify", "verified", "validate", "inquiry", "reconcile", "lookup", "capture", "retrieve", "charge"}))
    return !has_word(f, {"serializer", "form", "csrf", "user", "password", "token", "otp"});
  return has_word(f, {"process", "execute", "check", "confirm", "get", "fetch", "query"}) &&
         (has_word(f, {"payment", "transaction", "charge", "checkout", "stk", "push", "momo"}) ||
          icontains_any(c.name,
                        {"stripe", "paypal",   "razorpay",   "paystack",  "gateway", "flutterwave", "mpesa",
                         "khalti", "esewa",    "sslcommerz", "braintree", "mollie",  "square",      "daraja",
                         "chapa",  "paymongo", "midtrans",   "xendit",    "tap.",    "payu",        "cashfree"}));
}

bool provider_id(std::string_view key) {
  return has_word(key, {"session", "intent", "reference", "ref", "razorpay", "transaction", "txn", "tran", "stripe",
                        "paypal", "paystack", "checkout", "charge", "receipt", "pidx", "trx", "mpesa", "gateway"});
}

// What the provider says is held against the record: by amount, by what was noted there, or because the record was
// found by the provider's own id.
bool bound_to_record(const File& file, Node f) {
  const Code code = f.code();
  if (icontains_any(code, {"metadata", "client_reference_id", "custom_id", "construct_event", "merchant_order",
                           "amount_total", "amount_received", "line_items"}))
    return true;
  for (const Node c : f.all("comparison_operator")) {
    const Code said = c.code();
    if (has_word(said, {"amount", "total", "price", "cents", "paise"}) && !contains(said, "None")) return true;
    for (const Node a : c.all("attribute"))
      if (provider_id(a.child("attribute").text()) && !a.parent().is("call")) return true;
  }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "get" || m == "filter" || m == "get_object_or_404" || m == "select_for_update" || m == "get_or_create")
      for (const auto& [key, value] : c->keywords)
        if (provider_id(key)) return true;
    // retrieve(order.session_id): asked by what the record itself holds
    if (asks_provider(file, *c))
      for (const Node a : c->node.child("arguments").all("attribute"))
        if (provider_id(a.child("attribute").text()) && !icontains(dotted(a), "request") &&
            !icontains(dotted(a), "settings") && taint(a) != Taint::yes)
          return true;
  }
  return false;
}

const std::initializer_list<std::string_view> kSent = {"request.data", "request.post", "request.get",
                                                       "request.body", "request.json", "request.query_params",
                                                       "self.kwargs",  "payload",      "data["};

// The client says which record it is.
bool client_chooses(const File& file, Node f) {
  std::vector<std::string> sent;
  for (const Node p : f.child("parameters").children()) {
    const std::string_view name = p.is("identifier") ? p.text() : p.child("name").text();
    if (name.ends_with("id") || name == "pk" || name.ends_with("number")) sent.emplace_back(name);
  }
  for (const Node a : f.all("assignment"))
    if (a.child("left").is("identifier") && icontains_any(a.child("right").code(), kSent))
      sent.emplace_back(a.child("left").text());
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if ((m != "get" && m != "filter" && m != "get_object_or_404") ||
        !(contains(c->name, ".objects") || m == "get_object_or_404") || !money_record(c->node.code()))
      continue;
    for (const auto& [key, value] : c->keywords) {
      if (key == "user" || provider_id(key)) continue;
      if (icontains_any(value.code(), kSent)) return true;
      for (const std::string& s : sent)
        if (has_token(value.code(), s)) return true;
    }
  }
  return false;
}

// PaymentIntent.retrieve(body.intent_id): any payment that was ever made, and by anybody.
bool client_names_payment(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f)))
    if (last(c->name) == "retrieve" && icontains_any(c->name, {"paymentintent", "charge"}) && c->arg(0) &&
        taint(c->arg(0)) == Taint::yes)
      return true;
  return false;
}

// Stripe's own test card in code that runs: a way to pay with nothing.
void judge_test_card(File& file) {
  if (icontains_any(file.path, {"test", "seed", "demo", "commands/", "script", "example", "sandbox"})) return;
  for (const Node s : file.tree.all("string")) {
    const auto said = literal(s);
    if (!said || !(said->starts_with("pm_card_") || *said == "tok_visa" || *said == "4242424242424242")) continue;
    bool guarded = false;
    for (Node n = s.parent(); n; n = n.parent())
      guarded = guarded || (n.is("if_statement") &&
                            icontains_any(n.child("condition").code(), {"debug", "test", "staging", "sandbox"}));
    if (guarded || !s.above("call")) continue;
    file.hit("PAY-002", s).title = "A test card pays for whoever asks";
    return;
  }
}

// Somebody of the shop says so, or the money changes hands elsewhere.
bool by_staff_or_cash(const File& file, Node f, Node at) {
  const Node cls = f.above("class_definition");
  const std::string_view head = cls ? cls.code() : f.code();
  if (icontains_any(head, {"isadminuser", "staff_member_required", "is_superuser", "is_staff", "isadmin"}) ||
      admin_in_body(f) || contains(file.path, "admin"))
    return true;
  std::vector<std::string> said = decorators(f);
  if (cls) {
    const std::vector<std::string> more = decorators(cls);
    said.insert(said.end(), more.begin(), more.end());
    for (const std::string& p : names_in(attribute(cls, "permission_classes").child("right"))) said.push_back(p);
    for (const std::string& b : bases_of(cls)) said.push_back(b);
  }
  for (const std::string& d : said)
    if (icontains_any(d, {"admin", "staff", "role", "seller", "vendor", "allowed_", "permission_required", "manager",
                          "user_passes_test", "cashier", "merchant"}))
      return true;
  for (const Node b : f.all("if_statement")) {
    const Code condition = b.child("condition").code();
    if (b.begin() < at.begin() &&
        (has_word(condition, {"manual", "allow", "allowed", "enable", "enabled", "debug", "permission", "permissions",
                              "cod", "cash", "free", "role", "delivery"}) ||
         icontains_any(condition, {"total == 0", "amount == 0", "price == 0"})))
      return true;
  }
  return false;
}

}  // namespace

void read_python_payments(File& file) {
  judge_test_card(file);
  for (const Node f : file.tree.all("function_definition")) {
    if (f.above("function_definition")) continue;
    const Code parameters = f.child("parameters").code();
    const bool flask = file.imports_from("flask") && contains(f.code(), "request.") && route_function(f);
    if (!contains(parameters, "request") && !route_function(f) && !flask) continue;
    const std::string name = function_name(f);
    const Node cls = f.above("class_definition");
    if (webhook_door(name) || webhook_door(cls.child("name").text()) || webhook_door(file.path)) continue;
    const Node at = settling(file, f);
    if (!at || by_staff_or_cash(file, f, at)) continue;
    bool asked = false, sure = false;
    for (const Call* c : file.calls_in(body(f)))
      if (asks_provider(file, *c)) {
        asked = true;
        const std::string full = file.full(c->name);
        // A helper of the project may hold the two against each other itself.
        sure = sure || last(full) == "retrieve" || full.starts_with("requests.") || full == "hmac.new" ||
               last(full) == "verify_payment_signature";
      }
    // Stops: an order that is paid because the browser says so.
    if (!asked && !verifies_signature(file, f)) {
      file.hit("PAY-002", at);
      continue;
    }
    // Stops: paying for the cheapest thing, and naming the dearest.
    if (sure && (client_chooses(file, f) || client_names_payment(file, f)) && !bound_to_record(file, f)) {
      auto& found = file.hit("PAY-002", at);
      found.title = "What was paid is not held against the order it is for";
      found.confidence = proof::Confidence::medium;
    }
  }
}

}  // namespace gatehouse::audit::source
