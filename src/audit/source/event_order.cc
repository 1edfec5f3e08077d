#include "audit/source/event_order.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/provider_events.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 50;

// The code that says which records: conditions of queries, and what is compared.
std::string asked_for(const File& file, Node within, const std::vector<Node>& but = {}) {
  std::string out;
  const auto other = [&](Node n) { return std::any_of(but.begin(), but.end(), [&](Node o) { return n.inside(o); }); };
  if (!file.tree.python()) {
    for (const Touch& t : touches(file, within))
      if (!other(t.call)) (out += t.condition) += '\n';
    for (const Call* c : file.calls_in(within))
      if (last(c->name).starts_with("updateUser") && !other(c->node)) (out += c->arg(0).code()) += '\n';
    for (const Node b : within.all("binary_expression"))
      if (b.has_token("===") || b.has_token("!==") || b.has_token("==") || b.has_token("!=")) (out += b.code()) += '\n';
    return out;
  }
  for (const Call* c : file.calls_in(within)) {
    if (other(c->node)) continue;
    const std::string_view f = last(c->name);
    if (f == "filter" || f == "filter_by" || f == "where" || f == "eq" || f == "find_one" || f == "aget" ||
        f == "get_object_or_404" ||
        (f == "get" && (contains(c->name, ".objects") || contains(c->name, "session") || contains(c->name, "db.") ||
                        contains(c->name, "query"))))
      (out += c->node.child("arguments").code()) += '\n';
    if (f == "get_or_create" || f == "update_or_create" || f == "aupdate_or_create")
      for (const auto& [key, value] : c->keywords)
        if (key != "defaults") ((out += key) += value.code()) += '\n';
    if (f == "update_one" || f == "find_one_and_update" || f == "update_many") (out += c->arg(0).code()) += '\n';
    if (f == "execute" || f == "fetchrow" || f == "fetchone") {
      const std::string sql = text::to_lower(literal(c->arg(0)).value_or(spoken(c->arg(0))));
      if (const std::size_t where = sql.find(" where "); where != std::string::npos) (out += sql.substr(where)) += '\n';
    }
    // Looked for by a function of another file, whose name says by what.
    if (f.starts_with("get_") || f.starts_with("find_")) (out += f) += '\n';
  }
  for (const Node b : within.all("comparison_operator")) (out += b.code()) += '\n';
  return out;
}

bool by_subscription(const Code& asked) {
  return icontains_any(asked, {"subscription_id",
                               "subscriptionid",
                               "subscription.id",
                               "sub.id",
                               "sub_id",
                               "subid",
                               "subscription[\"id\"]",
                               "subscription['id']",
                               "object.id",
                               "obj.id",
                               "data.id",
                               "entity.id",
                               "get(\"id\")",
                               "get('id')",
                               "object[\"id\"]",
                               "object['id']",
                               "stripeid",
                               "stripe_id",
                               "obj[\"id\"]",
                               "obj['id']",
                               "data[\"id\"]",
                               "data['id']",
                               "sub[\"id\"]",
                               "sub['id']",
                               "subscription.get",
                               "externalid",
                               "external_id",
                               "provider_id",
                               "by_subscription",
                               "bysubscription",
                               "by_stripe_sub"});
}

bool by_customer(const Code& asked) {
  return icontains_any(
      asked, {"customer", "user_id", "userid", "email", "clerk", "metadata", "client_reference", "profile_id", "org_id",
              "orgid", "organization", "team_id", "teamid", "workspace", "account_id", "accountid", "tenant"});
}

// The provider is asked anew, or the times of two events are compared.
bool ordered(const Code& code) {
  return icontains_any(code, {"subscriptions.retrieve",
                              "subscription.retrieve",
                              "subscriptions.list",
                              "subscription.list(",
                              "subscriptions.fetch",
                              "subscriptions.get(",
                              "getsubscription(",
                              "get_subscription(",
                              "fetchsubscription",
                              "fetch_subscription",
                              "retrievesubscription",
                              "retrieve_subscription",
                              "syncstripe",
                              "sync_stripe",
                              "syncsubscription",
                              "sync_subscription",
                              "sync_from",
                              "event.created",
                              "event[\"created\"]",
                              "event['created']",
                              "event.get(\"created",
                              "event.get('created",
                              "eventcreated",
                              "event_created",
                              "created_at <",
                              "occurred_at",
                              "occurredat",
                              "last_event",
                              "lastevent",
                              "updated_at <",
                              "updated_at >",
                              "updatedat <",
                              "updatedat >",
                              ".created <",
                              ".created >",
                              "event_time",
                              "eventtime",
                              "lt(\"updated",
                              "modified_at"});
}

class Dispatch {
 public:
  Dispatch(File& file, Node function) : file_(file), function_(function), branches_(event_branches(file, function)) {}

  void judge(EventOrder& notes) {
    if (branches_.empty()) return;
    judge_empty();
    judge_others();
    judge_invoices();
    note_order(notes);
  }

 private:
  Node written(const EventBranch& b) const {
    for (const Node n : b.code)
      if (const Node w = writes_paid_state(file_, n)) return w;
    return {};
  }

  std::string asked(const EventBranch& b) const {
    std::string out;
    for (const Node n : b.code) out += asked_for(file_, n);
    if (by_customer(out) || by_subscription(out)) return out;
    // The row is looked for ahead of the branches: what none of them does.
    std::vector<Node> branches;
    for (const EventBranch& one : branches_) branches.push_back(one.code.front());
    const bool whole = std::any_of(branches.begin(), branches.end(), [&](Node n) { return n == body(function_); });
    return whole ? out : out + asked_for(file_, function_, branches);
  }

  std::string code(const EventBranch& b) const {
    std::string out;
    for (const Node n : b.code) (out += n.code()) += '\n';
    return out;
  }

  static bool any(const EventBranch& b, bool (*of)(std::string_view)) {
    return std::any_of(b.events.begin(), b.events.end(), [&](const std::string& e) { return of(e); });
  }

  proof::Finding& tell(Node at, std::string title, std::string fix) {
    auto& f = file_.hit("PAY-007", at);
    f.title = std::move(title);
    f.impact =
        "Somebody with a second or an older subscription: what is said of that one is written over the state of the "
        "one that counts. What is paid for is switched off, or what has ended is switched on again.";
    f.fix = std::move(fix);
    return f;
  }

  // elif kind == "invoice.payment_failed": pass
  // Stops: a plan that is kept by a card that is refused.
  void judge_empty() {
    const EventBranch* empty = nullptr;
    for (const EventBranch& b : branches_) {
      const bool ends = std::any_of(b.events.begin(), b.events.end(), [](const std::string& e) {
        return icontains_any(e, {"payment_failed", "subscription.deleted", "subscription_expired", "charge.refunded"});
      });
      if (!ends || b.code.size() > 1) continue;
      bool works = false;
      for (const Call* c : file_.calls_in(b.code.front()))
        works = works || (c->node.inside(b.code.front()) &&
                          !has_word(c->name, {"console", "log", "logger", "logging", "print"}));
      for (const char* type : {"assignment", "assignment_expression", "augmented_assignment", "return_statement",
                               "raise_statement", "throw_statement", "lexical_declaration"})
        works = works || !b.code.front().all(type).empty();
      if (works) continue;
      // The same event may be handled by another branch.
      const bool elsewhere = std::any_of(branches_.begin(), branches_.end(), [&](const EventBranch& other) {
        return &other != &b && written(other) &&
               std::any_of(b.events.begin(), b.events.end(),
                           [&](const std::string& e) { return other.events.contains(e); });
      });
      if (!elsewhere && empty == nullptr) empty = &b;
    }
    if (empty == nullptr) return;
    auto& f = file_.hit("PAY-007", empty->at);
    f.title = "An end is named here and nothing is done about it: " + *empty->events.begin();
    // Another event says the same of the subscription.
    if (std::any_of(branches_.begin(), branches_.end(),
                    [&](const EventBranch& b) { return any(b, ending_event) && written(b); }))
      f.severity = proof::Severity::low;
  }

  // Stops: the end of last year's subscription that switches off the one that is paid.
  void judge_others() {
    for (const EventBranch& b : branches_) {
      if (!any(b, ending_event)) continue;
      const Node at = written(b);
      if (!at) continue;
      const std::string by = asked(b);
      const bool falls_back = by_subscription(by) && icontains(by, "user") && icontains(code(b), "metadata") &&
                              icontains_any(code(b), {"_or_create", "orcreate", "fallback"});
      if (!by_customer(by) || (by_subscription(by) && !falls_back) || ordered(code(b))) continue;
      tell(at, "Events of any subscription of a customer change the one state that is kept",
           "Look for the row by the subscription's own id, and leave alone what carries another; or ask the provider "
           "for all of the customer's subscriptions and write what comes of them.");
      return;
    }
  }

  // Stops: an old bill that is paid late and switches on what has ended.
  void judge_invoices() {
    for (const EventBranch& b : branches_) {
      const bool bill = std::any_of(b.events.begin(), b.events.end(), [](const std::string& e) {
        return e == "invoice.paid" || e == "invoice.payment_succeeded";
      });
      if (!bill || any(b, ending_event)) continue;
      const Node at = written(b);
      const std::string all = code(b), by = asked(b);
      if (!at || has_word(dotted(at.child("function")), {"payment", "history", "invoice", "transaction"}) ||
          !icontains_any(at.code(), {"active", "premium", "true", "pro", "paid"}) || !by_customer(by) ||
          by_subscription(by) || ordered(all) ||
          icontains_any(all, {"invoice.subscription", "subscription_details", "billing_reason", "lines.data",
                              "get(\"subscription\")", "get('subscription')", "[\"subscription\"]", "['subscription']",
                              ".subscription)", ".subscription;", ".subscription as"}))
        continue;
      tell(at, "Every bill that is paid switches the subscription on, whatever it was for",
           "Take the subscription's id from the bill, and write only to the row that carries it.");
      return;
    }
  }

  void note_order(EventOrder& notes) const {
    if (notes.unordered.size() >= kMost) return;
    const EventBranch *gives = nullptr, *takes = nullptr;
    std::string all(function_.code());
    for (const EventBranch& b : branches_) {
      const bool begins = any(b, beginning_event), ends = any(b, ending_event);
      if ((!begins && !ends) || !written(b)) continue;
      all += code(b);
      if (begins && gives == nullptr) gives = &b;
      if (ends && (takes == nullptr || gives == takes)) takes = &b;
    }
    if (gives == nullptr || takes == nullptr || gives == takes || ordered(all)) return;
    const Node at = written(*takes);
    notes.unordered.push_back({place(file_.path, at.line()), file_.shown(at)});
  }

  File& file_;
  Node function_;
  std::vector<EventBranch> branches_;
};

}  // namespace

bool fetched_anew(const File& file, Node handler) {
  bool any = false;
  for (const EventBranch& b : event_branches(file, handler)) {
    std::string all;
    bool writes = false;
    for (const Node n : b.code) {
      (all += n.code()) += '\n';
      writes = writes || writes_paid_state(file, n);
    }
    if (writes && !ordered(all)) return false;
    any = any || writes;
  }
  return any;
}

void read_event_order(File& file) {
  if (!icontains_any(file.code(), {"subscription", "payment_failed"}) ||
      !icontains_any(file.code(), {"subscription.updated", "subscription.deleted", "subscription_updated",
                                   "subscription_cancelled", "subscription_canceled", "subscription.cancelled",
                                   "subscription.canceled", "subscription_expired", "subscription.revoked",
                                   "subscription.halted", "invoice.pa", "subscription.disable"}))
    return;
  if (!file.tree.python() && client_file(file)) return;
  if (has_word(file.path, {"test", "tests", "seed", "mock", "mocks", "fixtures"})) return;
  auto& notes = file.project.notes<EventOrder>();
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (function_around(f) && !f.is("method_definition")) continue;
      if (!icontains_any(f.code(), {"subscription", "invoice", "handler", "event"}) || f.code().size() > 40'000)
        continue;
      Dispatch(file, f).judge(notes);
    }
}

void judge_event_order(const Project& project, Sink& sink) {
  for (const Spot& s : project.notes<EventOrder>().unordered) {
    const bool told = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "WHK-002" && !f.locations.empty() && f.locations.front().path == s.at.path;
    });
    if (told) continue;
    // Stops: a change that comes after the end and switches on again what was cancelled.
    auto& f = sink.find("WHK-002", s.at, s.shown);
    f.title = "Events are believed in the order they arrive: a late one undoes a newer";
    f.impact =
        "Providers promise no order and try again for days: a change that comes after the end makes a cancelled "
        "subscription active again, an end that comes late takes what was bought anew.";
    f.fix =
        "Ask the provider for the subscription's present state at each event, or keep the time of the last event and "
        "leave alone what is older.";
    f.confidence = proof::Confidence::low;
  }
}

}  // namespace gatehouse::audit::source
