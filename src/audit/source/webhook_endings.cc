// What a webhook forgets: that what began also ends.
#include <algorithm>
#include <optional>

#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// How subscriptions are sold, and what their buyer is known by.
struct Subscribing {
  bool sells = false, asks_provider = false;  // … what somebody has subscribed to, wherever it decides
  std::optional<Spot> marks_session;          // metadata of the session …
  bool marks_subscription = false;            // … and of the subscription that comes of it
  std::vector<Spot> asked;                    // the webhook looks into the subscription's
  std::vector<Spot> only_begins;
};

// A provider's words for a subscription that begins, and for one that ends or changes.
struct Words {
  std::initializer_list<std::string_view> begins, ends;
};
const Words kProviders[] = {
    {{"checkout.session.completed", "customer.subscription.created", "invoice.paid", "invoice.payment_succeeded"},
     // The last event of a subscription is its deletion: "updated" never comes after it.
     {"customer.subscription.deleted", "customer.subscription.", "customer.subscription"}},
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
                      "active", "ispro", "paid", "ispremium", "vip"}))
          return true;
  }
  return false;
}

}  // namespace

void read_subscribing(File& file) {
  auto& notes = file.project.notes<Subscribing>();
  const Code code = file.code();
  if (icontains_any(code, {"subscriptions.create(", "subscription.create(", "subscription_data"})) notes.sells = true;
  if (!icontains(code, "subscription")) return;
  if (icontains_any(code, {"subscriptions.list(", "subscription.list("})) notes.asks_provider = true;
  for (const Call& c : file.calls) {
    if (!icontains_any(c.name, {"sessions.create", "session.create"})) continue;
    Node options = unwrap(c.arg(0));
    if (options.is("identifier")) options = Node();
    const auto value = [&](std::string_view key) { return c.keyword(key) ? c.keyword(key) : member(options, key); };
    if (literal(unwrap(value("mode"))) != "subscription") continue;
    notes.sells = true;
    if (value("subscription_data") || contains(c.node.code(), "subscription_data")) notes.marks_subscription = true;
    if (value("metadata") && !notes.marks_session)
      notes.marks_session = Spot{place(file.path, c.line()), file.shown(c.node)};
  }
}

void judge_subscribing(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Subscribing>();
  if (notes.sells && !notes.asks_provider)
    for (const Spot& s : notes.only_begins)
      if (std::none_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
            return f.id == "PAY-007" && f.locations.front().path == s.at.path;
          }))
        sink.find("PAY-007", s.at, s.shown);
  // Stops: a subscription that is paid for and never switched on.
  if (!notes.marks_session || notes.marks_subscription || notes.asked.empty()) return;
  auto& f = sink.find("PAY-008", notes.asked.front().at, notes.asked.front().shown);
  f.locations.push_back(notes.marks_session->at);
  f.evidence.push_back(notes.marks_session->shown);
}

namespace {

// subscription.metadata.userId where the event is one of a subscription or an invoice, which knows nothing of the
// session's metadata.
void note_asked(File& file, Node handler, Subscribing& notes) {
  for (const Node f : handler_and_helpers(file, handler)) {
    const Code code = f.code();
    if (!icontains_any(code, {"metadata"})) continue;
    if (icontains_any(code, {"subscriptions.retrieve", "subscription.retrieve", "sessions.list", "session.list",
                             "sessions.retrieve", "session.retrieve", "subscription_details"}))
      continue;
    for (const char* type : {"member_expression", "attribute", "subscript"})
      for (const Node m : f.all(type)) {
        const bool of_metadata = m.is("subscript")
                                     ? literal(m.child("subscript")) == "metadata"
                                     : m.child(m.is("attribute") ? "attribute" : "property").text() == "metadata";
        if (!of_metadata) continue;
        const Node object = m.is("subscript") ? m.child("value") : m.child("object");
        const std::string name = text::to_lower(last(dotted(object)));
        bool of_subscription = has_word(last(dotted(object)), {"subscription", "invoice"}) || name == "sub";
        // A branch of the event's own: case "customer.subscription.updated": … object.metadata
        for (Node p = m.parent(); p && !of_subscription && !(p == f); p = p.parent()) {
          if (p.is("if_statement") && m.inside(p.child("consequence")))
            of_subscription = icontains_any(p.child("condition").code(), {"customer.subscription.", "invoice."}) &&
                              !icontains(p.child("condition").code(), "checkout.session");
          if (p.is("switch_case"))
            of_subscription = icontains_any(p.child("value").code(), {"customer.subscription.", "invoice."});
        }
        if (!of_subscription) continue;
        notes.asked.push_back({place(file.path, m.line()), file.shown(m)});
        return;
      }
  }
}

}  // namespace

void judge_endings(File& file, Node handler) {
  const Code all = file.code();
  auto& notes = file.project.notes<Subscribing>();
  if (icontains(all, "metadata") && notes.asked.size() < 20) note_asked(file, handler, notes);
  if (hands_on_the_rest(handler)) return;
  const bool spoken_of = icontains(all, "subscription");
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
    // Whether anything is subscribed to is known when every file was read.
    if (spoken_of) {
      // Nearest to what is missing: the change that is handled, where the end is not.
      Node near;
      for (const Node f : functions)
        if (!near) near = said_in(f, {"customer.subscription.updated", "customer.subscription.created"});
      file.hit("PAY-007", near && said_in(handler, {"customer.subscription.updated"}) ? near : begin);
    } else
      notes.only_begins.push_back({place(file.path, begin.line()), file.shown(begin)});
    return;
  }
}

}  // namespace gatehouse::audit::source
