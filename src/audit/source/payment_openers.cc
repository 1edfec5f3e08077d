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

}  // namespace

bool opens_subscription(const Call& c, Node function) {
  const std::string_view f = last(c.name);
  if (f == "create" || f == "create_async" || f == "createAsync") {
    if (c.name.ends_with("essions.create") || c.name.ends_with("ession.create") ||
        icontains(c.name, "checkout.session")) {
      if (icontains(c.name, "portal")) return false;
      for (const char* type : {"pair", "keyword_argument"})
        for (const Node p : function.all(type)) {
          const Node key = p.is("pair") ? p.child("key") : p.child("name");
          if (literal(key).value_or(std::string(key.text())) == "mode" && says_subscription(p.child("value")))
            return true;
        }
      return false;
    }
    if (icontains_any(c.name, {"subscriptions.create", "subscription.create"}))
      return icontains_any(c.name, {"stripe", "razorpay", "rzp", "mollie", "paypal"}) ||
             (!member(unwrap(c.arg(0)), "data") &&
              icontains_any(c.node.code(), {"plan_id", "items", "customer:", "customer=", "total_count"}));
    return has_word(c.name, {"preapproval"});
  }
  return f == "createCheckout" && icontains(function.code(), "subscri");
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
