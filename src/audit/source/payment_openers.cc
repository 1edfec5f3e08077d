#include "audit/source/payment_openers.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool says_subscription(Node value) {
  if (literal(value) == "subscription") return true;
  const auto all = value.all("string");
  return std::any_of(all.begin(), all.end(), [](Node s) { return literal(s) == "subscription"; });
}

bool has_mode(Node within) {
  for (const char* type : {"pair", "keyword_argument"})
    for (const Node p : within.all(type)) {
      const Node key = p.is("pair") ? p.child("key") : p.child("name");
      if (literal(key).value_or(std::string(key.text())) == "mode") return true;
    }
  return false;
}

// mode=data.mode: who calls says whether he subscribes.
bool chosen_mode(Node within) {
  for (const char* type : {"pair", "keyword_argument"})
    for (const Node p : within.all(type)) {
      const Node key = p.is("pair") ? p.child("key") : p.child("name");
      if (literal(key).value_or(std::string(key.text())) == "mode" &&
          unwrap(p.child("value")).any_of("attribute", "member_expression"))
        return true;
    }
  return false;
}

bool says_mode(Node within) {
  for (const char* type : {"pair", "keyword_argument"})
    for (const Node p : within.all(type)) {
      const Node key = p.is("pair") ? p.child("key") : p.child("name");
      if (literal(key).value_or(std::string(key.text())) == "mode" && says_subscription(p.child("value"))) return true;
    }
  return false;
}

// fetch("https://api-m.paypal.com/v1/billing/subscriptions", { method: "POST", … })
bool asks_address(const Call& c) {
  const std::string_view f = last(c.name);
  if (f != "fetch" && f != "post" && c.name != "axios" && f != "request") return false;
  const std::string said = literal(c.arg(0)).value_or(spoken(c.arg(0)));
  return said.ends_with("/billing/subscriptions") || said.ends_with("/v1/subscriptions") ||
         said.ends_with("/preapproval");
}

}  // namespace

bool may_open_payment(const Call& c) {
  const std::string_view f = last(c.name);
  return f == "create" || f == "create_async" || f == "createAsync" || f == "createCheckout" || f == "fetch" ||
         f == "post" || f == "request" || f == "axios";
}

bool opens_subscription(const File& file, const Call& c, Node function) {
  if (!may_open_payment(c)) return false;
  const std::string_view f = last(c.name);
  if (asks_address(c)) return f != "fetch" || icontains(c.node.code(), "post");
  const auto about = [&] { return icontains(file.path, "subscri") || icontains(file.code(), "subscri"); };
  if (f == "create" || f == "create_async" || f == "createAsync") {
    if (c.name.ends_with("essions.create") || c.name.ends_with("ession.create") ||
        icontains(c.name, "checkout.session")) {
      if (icontains(c.name, "portal")) return false;
      if (says_mode(function)) return true;
      if (chosen_mode(c.node)) return icontains(file.path, "subscri") || icontains(function_name(function), "subscri");
      // { ...base, customer }: what is always the same stands above the functions.
      const bool more = !c.node.all("spread_element").empty() || !c.node.all("dictionary_splat").empty() ||
                        unwrap(c.arg(0)).is("identifier");
      return more && !has_mode(function) && says_mode(file.tree.root());
    }
    if (icontains_any(c.name, {"subscriptions.create", "subscription.create"}))
      return icontains_any(c.name, {"stripe", "razorpay", "rzp", "mollie", "paypal"}) ||
             (!member(unwrap(c.arg(0)), "data") &&
              icontains_any(c.node.code(), {"plan_id", "items", "customer:", "customer=", "total_count"}));
    if (c.name.ends_with("checkouts.create")) return icontains(c.name, "polar") && about();
    return icontains(c.name, "preapproval") ||
           icontains_any(c.name, {"customersubscriptions", "customer_subscriptions"});
  }
  return f == "createCheckout" && about();
}

bool opens_payment(const Call& c) {
  return icontains_any(c.name, {"checkout.sessions.create", "checkout.session.create", "paymentintents.create",
                                "paymentintent.create", "orders.create", "order.create"}) &&
         icontains_any(c.name, {"stripe", "razorpay", "rzp", "instance", "paypal", "client"});
}

Node outermost_function(Node n) {
  Node f = function_around(n);
  for (Node up = f; up && !f.is("method_definition"); up = function_around(up)) f = up;
  return f;
}

}  // namespace gatehouse::audit::source
