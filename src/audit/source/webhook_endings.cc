// What a webhook forgets: that what began also ends.
#include <algorithm>

#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// A provider's words for a subscription that begins, and for one that ends or changes.
struct Words {
  std::initializer_list<std::string_view> begins, ends;
};
const Words kProviders[] = {
    {{"checkout.session.completed", "customer.subscription.created", "invoice.paid", "invoice.payment_succeeded"},
     {"customer.subscription.deleted", "customer.subscription.updated"}},
    {{"subscription_created", "subscription_payment_success"},
     {"subscription_cancelled", "subscription_expired", "subscription_updated"}},
    {{"subscription.activated", "subscription.created", "subscription.active", "subscription.charged"},
     {"subscription.canceled", "subscription.cancelled", "subscription.updated", "subscription.revoked",
      "subscription.halted", "subscription.expired", "subscription.deleted"}},
    {{"BILLING.SUBSCRIPTION.ACTIVATED"},
     {"BILLING.SUBSCRIPTION.CANCELLED", "BILLING.SUBSCRIPTION.SUSPENDED", "BILLING.SUBSCRIPTION.EXPIRED"}},
    {{"subscription.create"}, {"subscription.disable", "subscription.not_renew"}},
};

Node said_in(Node handler, std::initializer_list<std::string_view> any) {
  for (const Node s : handler.all("string"))
    if (const auto t = literal(s); t && std::find(any.begin(), any.end(), *t) != any.end()) return s;
  return {};
}

// Whatever is not named goes to another function, which is not in sight.
bool hands_on_the_rest(Node handler) {
  for (const Node d : handler.all("switch_default"))
    for (const Node c : d.all("call_expression"))
      if (const auto call = as_call(c); call && !icontains_any(call->name, {"console.", "log", "json", "response"}))
        return true;
  return false;
}

// Something lasting is switched on: a status, a plan, a row of a subscription. Credits that are added end by being
// used.
bool switches_on(const File& file, Node function) {
  if (file.path.ends_with(".py"))
    return icontains_any(function.code(), {"active", "premium", "plan", "tier", "subscribed", "subscription.objects"});
  for (const Call* c : file.calls_in(function)) {
    const std::string_view f = last(c->name);
    if (f != "update" && f != "upsert" && f != "insert" && f != "create" && f != "set" && f != "updateMany" &&
        f != "updateOne" && f != "findOneAndUpdate" && f != "findByIdAndUpdate" && !f.starts_with("updateUser"))
      continue;
    for (const char* type : {"pair", "shorthand_property_identifier"})
      for (const Node p : c->node.child("arguments").all(type))
        if (has_word(p.is("pair") ? p.child("key").text() : p.text(),
                     {"subscription", "subscribed", "plan", "tier", "premium", "pro", "status", "access", "membership",
                      "active"}))
          return true;
  }
  return false;
}

}  // namespace

void judge_endings(File& file, Node handler) {
  const std::string_view all = file.code();
  if (!icontains_any(all, {"subscription"}) || hands_on_the_rest(handler)) return;
  const std::vector<Node> functions = handler_and_helpers(file, handler);
  if (std::none_of(functions.begin(), functions.end(), [&](Node f) { return switches_on(file, f); })) return;
  for (const Words& w : kProviders) {
    Node begin;
    for (const Node f : functions)
      if (!begin) begin = said_in(f, w.begins);
    if (!begin) continue;
    if (said_in(file.tree.root(), w.ends)) return;
    // Its end is kept, and what is paid again prolongs it: without that it is over by itself.
    if (icontains_any(all, {"period_end", "periodend", "expires_at", "expiresat"}) &&
        said_in(handler, {"invoice.paid", "invoice.payment_succeeded"}))
      return;
    file.hit("PAY-007", begin);
    return;
  }
}

}  // namespace gatehouse::audit::source
