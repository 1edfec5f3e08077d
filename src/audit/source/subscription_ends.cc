#include "audit/source/subscription_ends.h"

#include <algorithm>

#include "audit/source/entitlements.h"
#include "audit/source/money_words.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// A provider's word that it is over, or the provider asked for its state.
bool told_by_provider(const Code& code) {
  // Fetched to copy its dates only, it tells nothing of an end.
  if (icontains_any(code, {"subscriptions.retrieve", "subscription.retrieve"}) &&
      (!icontains_any(code, {"period_end", "periodend", "items.data", "planid", "priceid", "price.id"}) ||
       icontains_any(code, {"active", "cancel", "past_due", "trialing", ".status", "[\"status\"]", "['status']"})))
    return true;
  return icontains_any(
      code, {"subscription.deleted",   "subscription_deleted",  "subscription.updated",   "subscription_updated",
             "subscription.cancelled", "subscription.canceled", "subscription_cancelled", "subscription_canceled",
             "subscription.expired",   "subscription_expired",  "subscription.halted",    "subscription.revoked",
             "subscription.completed", "subscription.disable",  "payment_failed",         "past_due",
             "subscriptions.list",     "subscription.list(",    "subscriptions.fetch",    "subscriptions.all(",
             "billing.subscription",   "getsubscriptionstatus", "customer_subscriptions", "expiration"});
}

// A line that compares a date of ending with the time, or sets the state that follows it.
bool compared(std::string_view line) {
  if (icontains_any(line,
                    {"expir", "end_date", "enddate", "ends_at", "endsat", "period_end", "periodend", "valid_until",
                     "validuntil", "valid_till", "paid_until", "active_until", "renewal", "end_at"}))
    return icontains_any(line, {" < ", " > ", " <= ", " >= ", "__lt", "__gt", "$lt", "$gt", ".lt(", ".gt(", ".lte(",
                                ".gte(", "lt:", "gt:", "lte:", "gte:", "before(", "after("}) ||
           (icontains_any(line, {"status", "state"}) && contains(line, "="));
  return icontains_any(line, {"inactive", "canceled", "cancelled", "lapsed"}) &&
         icontains_any(line,
                       {"status =", "status=", "status:", "status\":", "status':", "is_active=", "plan:", "plan="});
}

bool ends_something(const Code& code) {
  if (told_by_provider(code)) return true;
  for (std::size_t at = 0; at < code.size();) {
    const std::size_t end = std::min(code.find('\n', at), code.size());
    if (compared(code.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

void read_subscription_ends(const File& file) {
  auto& ends = file.project.notes<SubscriptionEnds>();
  const Code code = file.code();
  if (ends.over || !icontains_any(code, {"subscri", "expir", "period_end", "periodend", "end_date", "valid_until"}))
    return;
  if (ends_something(code)) {
    ends.over = true;
    return;
  }
  if (!icontains(code, "subscri")) return;
  ends.recurring =
      ends.recurring || icontains_any(code, {"mode: 'subscription'", "mode: \"subscription\"", "mode='subscription'",
                                             "mode=\"subscription\"", "subscriptions.create", "subscription.create(",
                                             "subscription_id", "subscriptionid", "recurring", "billing_cycle",
                                             "billingcycle", "monthly", "per month", "/month", "interval"});
  if (ends.begun || has_word(file.path, {"seed", "seeds", "seeder", "migrations", "scripts", "mock", "mocks"})) return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (!icontains(f.code(), "subscri") || icontains_any(f.code(), {"newsletter", "push", "topic"})) continue;
      for (const Entitlement& e : entitlements(file, f)) {
        if (e.kind != Entitlement::Kind::flag || e.weak) continue;
        ends.begun = Spot{place(file.path, e.at.line()), file.shown(e.at)};
        return;
      }
      // stripeCurrentPeriodEnd: new Date(…), kept by the event of a payment
      for (const Node p : f.all("pair"))
        if (folded(p.child("key").text()).ends_with("periodend") && !p.child("value").is("true")) {
          ends.begun = Spot{place(file.path, p.line()), file.shown(p)};
          return;
        }
    }
}

void judge_subscription_ends(const Project& project, Sink& sink) {
  const auto& ends = project.notes<SubscriptionEnds>();
  if (!ends.begun || !ends.recurring || ends.over) return;
  if (std::any_of(sink.findings().begin(), sink.findings().end(),
                  [](const proof::Finding& f) { return f.id == "PAY-007"; }))
    return;
  for (const Entry& e : project.entries()) {
    if (e.kind != Kind::sql) continue;
    const auto source = project.open(e.path);
    if (source && ends_something(source->text())) return;
  }
  // Stops: one paid month for a life.
  auto& f = sink.find("PAY-007", ends.begun->at, ends.begun->shown);
  f.title = "A subscription is switched on here and nothing in the tree ever ends it";
}

}  // namespace gatehouse::audit::source
