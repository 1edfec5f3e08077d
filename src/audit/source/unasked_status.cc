#include "audit/source/unasked_status.h"

#include <algorithm>

#include "audit/source/entitlements.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kLongest = 20'000;  // bytes of a function that are looked at

// stripe.subscriptions.list({ customer, status: "all" }), Subscription.retrieve(id)
bool brings_any(const Call& c) {
  const std::string name = text::to_lower(c.name);
  for (const std::string_view of : {"subscriptions.", "subscription."}) {
    if (name.ends_with(std::string(of) + "retrieve")) return icontains(c.name, "stripe") || name.starts_with(of);
    if (!name.ends_with(std::string(of) + "list")) continue;
    Node state = c.keyword("status");
    for (const Node a : c.args)
      if (!state) state = member(unwrap(a), "status");
    return literal(unwrap(state)) == "all";
  }
  return false;
}

// sub.status, sub["status"], { status } = sub; not res.status(401) and not of an error.
bool looks_at_status(const File& file, Node f) {
  for (const char* type : {"member_expression", "attribute"})
    for (const Node m : f.all(type)) {
      const std::string_view what = (m.is("attribute") ? m.child("attribute") : m.child("property")).text();
      if (what != "status" && what != "cancel_at_period_end" && what != "ended_at" && what != "payment_status")
        continue;
      if (m.parent().any_of("call_expression", "call") && m.parent().child("function") == m) continue;
      if (has_word(dotted(m.child("object")), {"err", "error", "e", "res", "response", "exc", "resp"})) continue;
      return true;
    }
  for (const Node s : f.all("subscript"))
    if (literal(s.child("subscript")) == "status") return true;
  for (const Node s : f.all("subscript_expression"))
    if (literal(s.child("index")) == "status") return true;
  for (const Node p : f.all("shorthand_property_identifier_pattern"))
    if (p.text() == "status") return true;
  for (const Node p : f.all("pair_pattern"))
    if (p.child("key").text() == "status") return true;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view name = last(c->name);
    if (name == "get" && literal(c->arg(0)) == "status") return true;
    // isActive(sub), planOf(sub): another function may ask
    if (c->args.empty() || brings_any(*c) || c->name.starts_with("console.")) continue;
    if (has_word(name, {"active", "status", "valid", "paid", "entitled", "entitlement", "entitlements", "access"}))
      return true;
  }
  return false;
}

}  // namespace

void read_unasked_status(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"subscriptions.", "subscription."}) ||
      !icontains_any(code, {".retrieve(", "\"all\"", "'all'"}) || client_file(file) ||
      has_word(file.path, {"test", "tests", "seed", "scripts", "migrations"}))
    return;
  for (const Call& c : file.calls) {
    if (!brings_any(c)) continue;
    const Node f = function_around(c.node);
    if (!f || f.code().size() > kLongest || takes_signed_events(f) || webhook_door(function_name(f)) ||
        webhook_door(file.path))
      continue;
    // What comes back from a checkout is judged by itself.
    if (icontains_any(f.code(), {"sessions.retrieve", "session.retrieve", "event.type", "event[\"type\"]",
                                 "event['type']", "construct_event", "constructevent"}) ||
        looks_at_status(file, f))
      continue;
    for (const Entitlement& e : entitlements(file, f)) {
      if (e.weak || e.kind == Entitlement::Kind::row || e.at.begin() < c.node.begin()) continue;
      // Stops: paying once, cancelling, and asking for the plan again.
      auto& found = file.hit("PAY-002", e.at);
      found.title = "A subscription counts whatever its state: a cancelled or unpaid one gives the plan as well";
      found.confidence = proof::Confidence::medium;
      found.fix = "Give the plan only while subscription.status is active or trialing.";
      also(found, file, c.node);
      break;
    }
  }
}

}  // namespace gatehouse::audit::source
