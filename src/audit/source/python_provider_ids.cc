#include "audit/source/python_provider_ids.h"

#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// stripe.Subscription.delete(id), client.subscription.cancel(id), razorpay.invoice.cancel(id)
bool changes_at_provider(std::string_view name) {
  const std::string_view f = last(name);
  if (f != "cancel" && f != "delete" && f != "modify" && f != "pause" && f != "resume" && f != "update" &&
      f != "detach" && f != "edit" && f != "refund")
    return false;
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return false;
  const std::string_view of = last(name.substr(0, dot));
  return of == "Subscription" || of == "subscription" || of == "subscriptions" || of == "PaymentMethod" ||
         of == "payment_methods" || of == "Invoice" || of == "invoices" || of == "SubscriptionSchedule";
}

}  // namespace

void read_provider_ids(File& file) {
  if (!icontains_any(file.code(), {"stripe", "razorpay", "paddle", "rzp", "paypal"})) return;
  for (const Node f : file.tree.all("function_definition")) {
    if (!route_function(f)) continue;
    const Code code = f.code();
    // What the account keeps of it, or what the provider keeps of the account, is held against it.
    for (const Call* c : file.calls_in(body(f))) {
      if (!changes_at_provider(c->name)) continue;
      const Node id = unwrap(c->arg(0));
      if (!id.is("attribute") && !id.is("identifier")) continue;
      const std::string name = dotted(id);
      bool parameter = false;
      for (const Node p : f.child("parameters").children()) {
        const std::string given = parameter_name(p);
        if (given.empty() || contains(p.code(), "Depends")) continue;
        parameter = parameter || name == given || name.starts_with(given + ".");
      }
      if (!parameter) continue;
      const std::string_view key = last(name);
      bool asked = icontains_any(code, {"admin", "webhook", "metadata", ".customer"});
      for (const Node x : f.all("comparison_operator")) asked = asked || has_token(x.code(), key);
      for (const Call* other : file.calls_in(body(f)))
        asked = asked || (other->node != c->node && has_token(other->node.child("arguments").code(), key) &&
                          has_word(last(other->name), {"filter", "where", "get", "find", "one", "check", "verify",
                                                       "ensure", "retrieve", "fetch", "require", "owns", "select"}));
      if (asked) continue;
      // Stops: cancelling the plans of all other customers, one id after the other.
      auto& found = file.hit("AZ-001", c->node);
      found.title = "Something of the payment provider's is changed by its id without asking whose it is";
      return;
    }
  }
}

}  // namespace gatehouse::audit::source
