#include "audit/source/second_purchases.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/door_heads.h"
#include "audit/source/payment_openers.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 5'000;      // functions that are kept
constexpr std::size_t kMostCalls = 80;    // of one of them
constexpr std::size_t kLongest = 20'000;  // bytes of a function that are looked at

bool subscribed(std::string_view name) {
  if (has_word(name, {"error",   "err",      "type",    "kind",     "price",   "prices", "key",   "secret", "url",
                      "session", "interval", "request", "params",   "schema",  "mode",   "input", "body",   "data",
                      "dto",     "config",   "env",     "settings", "product", "items",  "new",   "created"}))
    return false;
  return has_word(
      name,
      {"subscription", "subscriptions", "subscribed",   "subscriber",     "premium",      "ispremium",   "ispro",
       "membership",   "entitlement",   "entitlements", "subscriptionid", "issubscribed", "sub",         "abo",
       "paid",         "haspaid",       "active",       "isactive",       "already",      "suscripcion", "assinatura"});
}

// user.plan, org.tier: what somebody has, not what he asks for.
bool kept_plan(Node n) {
  if (!n.any_of("member_expression", "attribute")) return false;
  const std::string name = dotted(n);
  if (!has_word(last(name), {"plan", "tier", "status", "pro"})) return false;
  const std::string_view object = std::string_view(name).substr(0, name.size() - last(name).size());
  return has_word(object, {"user",   "org",       "organization", "organisation", "profile",  "team",     "account",
                           "tenant", "workspace", "company",      "member",       "customer", "business", "store",
                           "owner",  "me",        "current",      "existing",     "clinic",   "school",   "agency"}) &&
         !has_word(object, {"body", "request", "payload", "input", "dto", "params"});
}

// await db.subscription.findFirst(…), supabase.from("subscriptions"), billing.subscriptions(customer)
bool looks_up_subscription(const File& file, Node value) {
  if (icontains_any(value.code(),
                    {"from('subscription", "from(\"subscription", "from('user_subscription", "from(\"user_subscription",
                     "table(\"subscription", "(subscription)", "(subscription,", "(membership"}))
    return true;
  const auto all = file.calls_in(value);
  return std::any_of(all.begin(), all.end(), [](const Call* c) {
    return has_word(c->name, {"subscription", "subscriptions", "membership", "memberships", "usersubscription"});
  });
}

// if (user.subscriptionStatus === "active") …, ahead of the checkout
bool asks(const File& file, Node f, std::uint32_t before) {
  for (const char* type : {"if_statement", "elif_clause", "ternary_expression", "conditional_expression"})
    for (const Node b : f.all(type)) {
      if (b.begin() > before) continue;
      const Node condition = b.is("conditional_expression") ? b : b.child("condition");
      std::vector<Node> parts;
      if (condition.any_of("identifier", "member_expression", "attribute")) parts.push_back(condition);
      for (const char* kind : {"identifier", "member_expression", "attribute", "property_identifier"})
        for (const Node n : condition.all(kind)) parts.push_back(n);
      for (const Node n : parts) {
        const std::string name =
            n.any_of("member_expression", "attribute") ? std::string(last(dotted(n))) : std::string(n.text());
        if (subscribed(name) || kept_plan(n)) return true;
        if (!n.is("identifier") || has_word(name, {"error", "err", "user", "profile", "customer", "price", "plan"}))
          continue;
        for (const char* given : {"variable_declarator", "assignment"})
          for (const Node d : f.all(given)) {
            const Node left = d.child("name") ? d.child("name") : d.child("left");
            const Node value = d.child("value") ? d.child("value") : d.child("right");
            if (d.begin() < b.begin() && has_token(left.code(), name) && looks_up_subscription(file, value))
              return true;
          }
      }
    }
  for (const Call* c : file.calls_in(f)) {
    if (c->node.begin() > before) continue;
    const std::string_view m = last(c->name);
    if (icontains_any(c->name,
                      {"subscriptions.list", "subscription.list", "subscriptions.search", "subscriptions.cancel",
                       "subscription.cancel", "subscription.delete", "billingportal.sessions", "billing_portal.session",
                       "subscriptions.update", "subscription.modify"}))
      return true;
    if (has_word(m, {"subscription", "subscriptions", "subscribed", "subscriber", "plan", "membership", "premium"}) &&
        has_word(m, {"has", "is", "check", "ensure", "assert", "require", "active", "existing", "current", "already",
                     "can", "guard", "validate", "prevent", "cancel", "no"}))
      return true;
  }
  // try: Subscription.objects.get(…) … except Subscription.DoesNotExist
  for (const Node t : f.all("try_statement"))
    if (t.begin() < before && icontains_any(t.code(), {"subscription.doesnotexist", "subscription.objects.get("}))
      return true;
  return false;
}

// Somebody who is known buys, not whoever passes by.
bool knows_buyer(Node f) {
  return icontains_any(f.code(),
                       {"user", "customer_id", "customerid", "customer:", "customer=", "client_reference", "req.id",
                        "profile", "account", "tenant", "organization", "org_id", "orgid", "team"}) ||
         has_word(f.child("parameters").code(), {"user", "customer", "org", "team", "account"});
}

bool refuses_subscribers(std::string_view guard) {
  return has_word(guard, {"subscription", "subscribed", "subscriber", "subscriptions", "membership", "premium"}) &&
         has_word(guard, {"not", "no", "without", "already", "ensure", "prevent", "check", "block", "once", "single",
                          "reject", "unsubscribed", "new", "duplicate"});
}

// @ensure_not_subscribed, @UseGuards(NotSubscribedGuard)
bool guarded_itself(Node f) {
  const Node parent = f.parent();
  const std::string decorators = parent.is("decorated_definition")
                                     ? std::string(parent.code().substr(0, f.begin() - parent.begin()))
                                 : f.is("method_definition") ? method_decorators(f)
                                                             : std::string();
  return refuses_subscribers(decorators);
}

// router.post("/subscribe", requireUser, ensureNotSubscribed, billing.subscribe)
void note_guarded(const Call& c, SecondPurchases& notes) {
  if (c.args.size() < 3 || !literal(c.arg(0))) return;
  for (std::size_t i = 1; i + 1 < c.args.size(); ++i)
    if (refuses_subscribers(last(dotted(unwrap(c.arg(i))))))
      notes.guarded.insert(std::string(last(dotted(unwrap(c.args.back())))));
}

bool reads_rows(const File& file, Node f) {
  if (!file.tree.python()) return !touches(file, body(f)).empty();
  const auto all = file.calls_in(body(f));
  return std::any_of(all.begin(), all.end(), [](const Call* c) {
    return icontains_any(c->name, {".objects", "db.", "session.query", "session.execute", "session.get", "scalar"});
  });
}

// What one has once and for all.
bool owned_for_good(std::string_view name) {
  return has_word(name, {"course", "courses", "ebook", "ebooks", "lecture", "lectures", "bootcamp", "kurs", "curso",
                         "masterclass", "lifetime"});
}

bool asks_owner(Node f, std::uint32_t before) {
  const auto said = [](const Code& code) {
    return icontains_any(code, {"enrol", "purchase", "owned", "owns", "bought", "already", "includes(", "exist",
                                "some(", "subscri", "access", "paid", "libary", "library"});
  };
  for (const char* type : {"if_statement", "elif_clause"})
    for (const Node b : f.all(type))
      if (b.begin() < before && said(b.child("condition").code())) return true;
  return false;
}

// Stops: a course that is paid twice, by a second click or a second tab.
void judge_owned(File& file, const Call& c, Node f) {
  if (!opens_payment(c) || !knows_buyer(f)) return;
  if (contains(c.node.code(), "'subscription'") || contains(c.node.code(), "\"subscription\"")) return;
  Node course;
  if (file.tree.python()) {
    for (const Call* q : file.calls_in(f)) {
      const std::string_view m = last(q->name);
      if (!course &&
          (m == "get" || m == "get_object_or_404" || m == "first" || m == "find_one" || m == "query" ||
           m == "select") &&
          (owned_for_good(q->name) || owned_for_good(q->arg(0).code())))
        course = q->node;
    }
  } else {
    for (const Touch& t : touches(file, f))
      if (!course && t.kind == Touch::Kind::one && owned_for_good(t.record)) course = t.call;
  }
  if (!course || asks_owner(f, c.node.begin())) return;
  auto& found = file.hit("PAY-010", course);
  also(found, file, c.node);
  found.title = "What somebody owns already can be bought once more";
  found.severity = proof::Severity::low;
  found.impact =
      "A second click, a second tab or the way back pays a second time for what one has: money to be given back by "
      "hand.";
  found.fix = "Look whether the caller owns it before the payment is opened, and make buyer and thing unique together.";
}

// booking.stripe_payment_intent_id = intent.id
// Stops: two payments of one order, of which only the later is known.
void judge_open_payments(File& file, const Call& c, Node f) {
  if (!opens_payment(c) || icontains(f.code(), "idempoten")) return;
  if (contains(c.node.code(), "'subscription'") || contains(c.node.code(), "\"subscription\"")) return;
  const auto reference = [](std::string_view key) {
    return has_word(key, {"payment", "stripe", "razorpay", "intent", "checkout", "paypal"}) &&
           has_word(key, {"id", "intent", "session", "order"}) && !has_word(key, {"customer", "status", "method"});
  };
  Node written;
  std::string key;
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : f.all(type)) {
      const Node left = unwrap(a.child("left"));
      if (!left.any_of("attribute", "member_expression") || a.begin() < c.node.begin()) continue;
      std::string name(last(dotted(left)));
      const std::string object = dotted(left.child("object"));
      if (reference(name) && object != "self" && object != "this") {
        written = a;
        key = std::move(name);
      }
    }
  if (!file.tree.python())
    for (const Touch& t : touches(file, f)) {
      if (t.kind == Touch::Kind::create && t.call.begin() < c.node.begin()) return;  // an order of this very moment
      if (t.kind != Touch::Kind::change || t.call.begin() < c.node.begin()) continue;
      for (const Node p : t.whole.all("pair"))
        if (reference(p.child("key").text()) && !written) {
          written = p;
          key = std::string(p.child("key").text());
        }
    }
  if (!written) return;
  // A row of this very moment: each has its one payment.
  for (const Call* q : file.calls_in(f)) {
    const std::string_view m = last(q->name);
    if (q->name == c.name) continue;
    if (m == "create" || m == "insert" || m == "insertOne" || m == "insert_one" || m == "get_or_create" ||
        (m.size() > 2 && m.front() >= 'A' && m.front() <= 'Z' && q->name == m && !q->keywords.empty()) ||
        q->name.starts_with("new "))
      if (has_word(q->name, {"order", "booking", "payment", "purchase", "transaction", "donation", "invoice", "orders",
                             "bookings", "payments", "purchases", "Order", "appointment", "enrollment", "reservation"}))
        return;
  }
  for (const char* type : {"if_statement", "elif_clause"})
    for (const Node b : f.all(type))
      if (b.begin() < c.node.begin() && (contains(b.child("condition").code(), key) ||
                                         icontains_any(b.child("condition").code(), {"intent", "existing", "session_id",
                                                                                     "sessionid", "open_payment"})))
        return;
  auto& found = file.hit("PAY-010", c.node);
  found.title = "Each call opens another payment for the same order, and forgets the one before";
  found.impact =
      "Two tabs or two tries leave two payments open: who pays the earlier one has paid for an order that does not "
      "know of it, or pays twice.";
  found.fix =
      "Give the open payment back when there is one, or cancel it first; send an idempotency key made of the order's "
      "id.";
  also(found, file, written);
}

}  // namespace

void read_second_purchases(File& file) {
  if (!file.tree.python() && client_file(file)) return;
  if (has_word(file.path, {"test", "tests", "seed", "seeds", "mock", "mocks", "scripts", "migrations"})) return;
  auto& notes = file.project.notes<SecondPurchases>();
  const Code code = file.code();
  const bool speaks =
      icontains_any(code, {"subscri", "checkout", "preapproval", "billing"}) || icontains(file.path, "subscri");
  if (!speaks && !icontains_any(code, {"paymentintent", "orders.create", "order.create"})) return;
  for (const Call& c : file.calls) note_guarded(c, notes);
  std::set<std::uint32_t> told;  // one for each function
  for (const Call& c : file.calls) {
    if (!may_open_payment(c)) continue;
    const Node f = outermost_function(c.node);
    if (!f || f.code().size() > kLongest) continue;
    if (!opens_subscription(file, c, f)) {
      if (!told.contains(f.begin()) && icontains(last(c.name), "create")) {
        const std::size_t before = file.sink.findings().size();
        judge_owned(file, c, f);
        if (before == file.sink.findings().size()) judge_open_payments(file, c, f);
        if (before != file.sink.findings().size()) told.insert(f.begin());
      }
      continue;
    }
    if (!told.insert(f.begin()).second || !knows_buyer(f) || notes.opened.size() >= kMostCalls) continue;
    SecondPurchases::Opened o{handler_name(f),
                              asks(file, f, c.node.begin()) || guarded_itself(f),
                              {},
                              {place(file.path, c.line()), file.shown(c.node)}};
    o.reads = reads_rows(file, f);
    for (const Call* q : file.calls_in(body(f)))
      if (o.calls.size() < kMostCalls) o.calls.insert(std::string(last(q->name)));
    notes.opened.push_back(std::move(o));
  }
  if (!speaks) return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if ((function_around(f) && !f.is("method_definition")) || notes.functions.size() >= kMost) continue;
      if (f.code().size() > kLongest) continue;
      SecondPurchases::Function fact;
      fact.path = file.path;
      for (const Call* q : file.calls_in(body(f))) {
        const std::string_view called = last(q->name);
        if (!has_word(called, {"checkout", "subscription", "session", "subscribe", "payment", "purchase", "upgrade",
                               "plan", "billing", "stripe", "check", "ensure", "require"}) ||
            fact.calls.size() >= kMostCalls)
          continue;
        fact.calls.insert(std::string(called));
        fact.called_at.emplace(std::string(called), Spot{place(file.path, q->line()), file.shown(q->node)});
      }
      fact.asks =
          icontains_any(f.code(), {"subscri", "plan", "premium", "tier", "membership"}) && asks(file, f, f.end());
      if (fact.calls.empty() && !fact.asks) continue;
      notes.functions.emplace(handler_name(f), std::move(fact));
    }
}

void judge_second_purchases(const Project& project, Sink& sink) {
  const auto& notes = project.notes<SecondPurchases>();
  const auto asked_below = [&](const std::set<std::string>& calls, std::string_view but) {
    for (const std::string& call : calls) {
      if (call == but) continue;
      const auto [from, to] = notes.functions.equal_range(call);
      if (std::distance(from, to) > 3) continue;
      for (auto it = from; it != to; ++it)
        if (it->second.asks) return true;
    }
    return false;
  };
  // Some way leads to the function on which nobody asks; `at` becomes where it is called.
  const auto open = [&](const auto& self, const std::string& function, const std::string& path, Spot& at,
                        int depth) -> bool {
    if (function.size() < 5) return true;  // POST, get: nobody calls it by name
    bool called = false;
    for (const auto& [name, f] : notes.functions) {
      if (name == function && f.path == path) continue;
      if (name == function && f.asks) return false;  // its namesake, which it stands behind
      const auto from = f.called_at.find(function);
      if (from == f.called_at.end()) continue;
      called = true;
      Spot above = from->second;
      if (f.asks || asked_below(f.calls, function)) continue;
      if (depth < 2 && !self(self, name, f.path, above, depth + 1)) continue;
      at = from->second;
      return true;
    }
    return !called;
  };
  for (const SecondPurchases::Opened& o : notes.opened) {
    if (o.asks || asked_below(o.calls, o.function) || notes.guarded.contains(o.function)) continue;
    Spot at = o.at;
    if (!open(open, o.function, o.at.at.path, at, 0)) continue;
    if (o.reads) at = o.at;  // the question belongs where the buyer's row is read
    // Stops: a second subscription that is charged on, and that the application knows nothing of.
    auto& f = sink.find("PAY-010", at.at, at.shown);
    if (at.at.path == o.at.at.path && at.at.line == o.at.at.line) continue;
    f.locations.push_back(o.at.at);
    f.evidence.push_back(o.at.shown);
  }
}

}  // namespace gatehouse::audit::source
