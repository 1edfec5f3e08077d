// Money in Python: where the key of payments is read, balances that are changed in steps, plans and credits that people
// give themselves.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_routes.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool pays(std::string_view path) {
  return has_word(
      path, {"payment",  "payments", "billing",    "stripe", "checkout",  "subscription", "subscriptions", "webhook",
             "webhooks", "config",   "settings",   "pay",    "orders",    "order",        "purchase",      "credits",
             "core",     "invoices", "extensions", "donate", "donations", "money",        "plans"});
}

// Stops: a second place from which the key of all payments may leak.
void judge_key_place(File& file) {
  if (!framework_of(file) || pays(file.path)) return;
  if (icontains_any(file.code(),
                    {"checkout.session", "construct_event", "paymentintent", "payment_intent", "billing_portal"}))
    return;
  bool routes = false;
  for (const Node f : file.tree.all("function_definition")) routes = routes || route_function(f);
  if (!routes) return;
  for (const Node a : file.tree.all("assignment"))
    if (dotted(a.child("left")) == "stripe.api_key" && !literal(a.child("right")) && !a.child("right").is("none")) {
      file.hit("PAY-003", a);
      return;
    }
  for (const Call& c : file.calls)
    if (const auto read = env_read(c.node);
        read && icontains(read->name, "stripe") && secret_name(read->name) && !icontains(read->name, "webhook")) {
      file.hit("PAY-003", c.node);
      return;
    }
}

bool balance(std::string_view key) {
  return has_word(key, {"credits", "credit", "balance", "stock", "quota", "wallet", "inventory", "points", "seats",
                        "tickets", "coins", "funds", "tokens"}) &&
         !has_word(key, {"id", "at", "limit", "max", "card", "total", "used", "access", "refresh", "input", "output"});
}

// Stops: spending one credit twice by two requests at once.
void judge_steps(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    const Code code = f.code();
    if (icontains_any(code, {"with_for_update", "select_for_update", "for update", "serializable", ".lock(",
                             "lock:", "_lock", "isolation_level", "advisory"}))
      continue;
    const auto kept = [&](Node left) {  // a row's field, and not a number of this function
      if (!left.is("attribute")) return false;
      const std::string root = dotted(left).substr(0, dotted(left).find('.'));
      return root != "self" && balance(left.child("attribute").text());
    };
    Node found;
    for (const Node a : f.all("augmented_assignment"))
      if (function_around(a) == f && a.has_token("-=") && kept(a.child("left"))) found = a;
    for (const Node a : f.all("assignment"))
      if (function_around(a) == f && kept(a.child("left")) && a.child("right").is("binary_operator") &&
          contains(a.child("right").code(), " - ") && contains(a.child("right").code(), a.child("left").text()) &&
          !std::isupper(static_cast<unsigned char>(a.child("left").text().front())))
        found = a;
    if (!found || !icontains_any(code, {"commit(", ".save(", ".add(", "flush("})) continue;
    file.hit("PAY-004", found);
  }
}

// What somebody has who paid.
bool entitlement(std::string_view field) {
  return field == "plan" || field == "tier" || field == "is_premium" || field == "premium" || field == "is_pro" ||
         field == "is_subscribed" || field == "subscribed" || field == "subscription_status" ||
         field == "subscription_tier" || field == "subscription_plan" || field == "credits" || field == "balance" ||
         field == "has_paid" || field == "is_paid" || field == "subscription" || field == "wallet_balance" ||
         field == "subscription_type" || field == "plan_type" || field == "is_active_subscriber";
}

bool takes_away(Node value) {
  value = unwrap(value);
  if (value.any_of("none", "false")) return true;
  if (value.text() == "0") return true;
  const auto said = literal(value);
  return (said && has_word(*said, {"free", "canceled", "cancelled", "inactive", "expired", "basic", "none", "pending",
                                   "trialing", "trial"})) ||
         icontains_any(value.code(), {".free", ".cancel", ".inactive", ".expired", ".pending", ".trial"});
}

// Subscription(plan_id=body.plan_id, status="active"): made by the route that asks for nothing.
Node made_active(const File& file, Node f) {
  bool stripe = icontains_any(f.code(), {"stripe.", "free", "trial", "price == 0", "amount == 0"});
  if (stripe) return {};
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (!has_word(m, {"subscription", "membership", "usersubscription"}) || m.ends_with("Response") ||
        m.ends_with("Out"))
      continue;
    const Node status = c->keyword("status") ? c->keyword("status") : c->keyword("is_active");
    const bool active = status.is("true") || icontains(status.code(), "active");
    const bool inactive = icontains_any(status.code(), {"inactive", "pending"});
    bool chosen = false;
    for (const auto& [key, value] : c->keywords)
      chosen = chosen || (has_word(key, {"plan", "tier", "price", "product"}) && !literal(value));
    if (active && !inactive && chosen) return status;
  }
  return {};
}

// def success(request): a view of Django's, or a method of one
bool django_view(const File& file, Node f) {
  if (!file.imports_from("django") && !file.imports_from("rest_framework")) return false;
  for (const Node p : f.child("parameters").children()) {
    const std::string_view name = p.is("identifier") ? p.text() : p.child("name").text();
    if (name != "self") return name == "request" || p.first().text() == "request";
  }
  return false;
}

// Stops: being upgraded by asking for it, or by opening the page that follows a payment.
void judge_given(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    const bool django = django_view(file, f);
    if (!django && (!route_function(f) || !framework_of(file))) continue;
    std::string head(function_name(f));
    if (django) head += " " + std::string(f.above("class_definition").child("name").text());
    for (const Node d : f.parent().children())
      if (d.is("decorator")) head += " " + std::string(d.code());
    if (webhook_door(head) || icontains(head, "admin") || admin_in_body(f)) continue;
    if (!has_word(head, {"upgrade", "subscribe", "subscription", "purchase", "buy",      "topup",   "deposit",
                         "success", "confirm",   "complete",     "activate", "plan",     "credits", "checkout",
                         "payment", "pay",       "billing",      "premium",  "recharge", "wallet"}) ||
        has_word(head, {"cancel", "downgrade", "refund", "redeem", "coupon", "promo", "referral", "trial", "withdraw",
                        "use", "spend", "consume", "deduct"}))
      continue;
    const Code code = f.code();
    if (takes_signed_events(f) || verifies_signature(file, f) ||
        icontains_any(code, {"construct_event", "razorpay", "verify_payment", "signature", "paypal", "require_admin",
                             "is_admin", "get_current_admin", "superuser", "dependson(admin", "compare_digest"}))
      continue;
    bool admin = false;
    depends_on_guard(file, f.child("parameters"), &admin);
    if (admin) continue;
    Node given;
    for (const char* type : {"assignment", "augmented_assignment"})
      for (const Node a : f.all(type)) {
        const Node left = a.child("left");
        if (!left.is("attribute") || !entitlement(left.child("attribute").text()) || a.has_token("-=")) continue;
        if (takes_away(a.child("right")) || contains(dotted(left), "self.")) continue;
        if (a.is("assignment") && contains(a.child("right").code(), " - ")) continue;
        // What a view of Django's marks as paid is read with its orders (python_payments.cc).
        if (django && a.is("assignment") && !contains(a.child("right").code(), " + ")) continue;
        if (!given) given = a;
      }
    if (!given && !django) given = made_active(file, f);
    if (!given) continue;
    const bool looked_up = contains(code, ".retrieve(");
    const bool asks_paid =
        icontains_any(code, {"payment_status", ".status", "[\"status\"]", "['status']", "\"status\")", "'status')"});
    if (looked_up && asks_paid) {
      // The page may be opened again.
      const bool adds = given.is("augmented_assignment") || contains(given.child("right").code(), " + ");
      if (adds && !icontains_any(code, {"already", "processed", "session_id ==", "session_id=", "idempot", "exists",
                                        "fulfilled", "existing", "payment_intent_id =="})) {
        file.hit("PAY-002", given).title = "Each opening of the page after a payment counts the payment again";
      }
      continue;
    }
    const bool other = icontains_any(code, {"stripe.", "charge", "paystack", "flutterwave", "lemonsqueezy", "paddle",
                                            "mollie", "verify_", "transaction.verify"}) &&
                       !looked_up;
    if (other && !has_word(head, {"success", "complete", "confirm"})) continue;
    if (other && icontains_any(code, {"verify_", "paystack", "flutterwave", "paddle", "mollie"})) continue;
    file.hit("PAY-002", given).title = looked_up ? "A payment counts without asking whether it was made"
                                                 : "Who asks for it is given what others pay for (" +
                                                       (given.is("assignment") || given.is("augmented_assignment")
                                                            ? std::string(given.child("left").child("attribute").text())
                                                            : std::string("a subscription")) +
                                                       ")";
  }
}

}  // namespace

void read_python_money(File& file) {
  judge_key_place(file);
  judge_steps(file);
  judge_given(file);
}

}  // namespace gatehouse::audit::source
