#include "audit/source/webhook_silences.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/provider_events.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "audit/source/webhook_losses.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::string_view kDropped =
    "The error of a write is dropped, and the event is answered as if it had been stored";
constexpr std::string_view kUnknown = "An event that finds no row is answered as if it had been handled";

// One remark for a file is enough: the handler and what it calls are read in turn.
bool told_here(const File& file, std::string_view title) {
  return std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const proof::Finding& f) {
    return f.title == title && f.locations.front().path == file.path;
  });
}

bool told_at(const File& file, std::string_view id, Node at) {
  return std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const proof::Finding& f) {
    return f.id == id && f.locations.front().path == file.path &&
           std::any_of(f.locations.begin(), f.locations.end(),
                       [&](const proof::Location& l) { return l.line == at.line(); });
  });
}

// Something hears of it: it is thrown, answered with an error, or handed on.
bool heard(Node branch) {
  const Code code = branch.code();
  return contains(code, "throw") || contains(code, "return") || contains(code, "reject(") || contains(code, "next(") ||
         icontains_any(code, {"status(4", "status(5", "errors.push", "failed", "retry", "captureexception"});
}

// if (error) { console.error(error) } and on it goes
bool asked_for(Node function, std::string_view error, std::uint32_t from) {
  for (const char* type : {"if_statement", "ternary_expression"})
    for (const Node b : function.all(type))
      if (b.begin() > from && has_token(b.child("condition").code(), error))
        return !b.is("if_statement") || heard(b.child("consequence"));
  for (const char* type : {"throw_statement", "return_statement"})
    for (const Node s : function.all(type))
      if (s.begin() > from && has_token(s.code(), error)) return true;
  for (const Node c : function.all("call_expression"))
    if (c.begin() > from && has_token(c.child("arguments").code(), error) &&
        !icontains_any(c.child("function").code(), {"console", "log", "print"}))
      return true;
  return false;
}

}  // namespace

Node dropped_write(const File& file, Node function, const Touch& t) {
  if (t.kind == Touch::Kind::one || t.kind == Touch::Kind::list || has_word(t.record, {"log", "audit", "analytics"}))
    return {};
  const bool supabase = contains(t.whole.code(), ".from(") && !contains(t.whole.code(), ".throwOnError") &&
                        icontains_any(file.code(), {"supabase"});
  if (!supabase || icontains_any(t.whole.code(), {".execute(", ".returning(", "createquerybuilder"})) return {};
  Node n = t.whole;
  while (n.parent().any_of("await_expression", "parenthesized_expression", "as_expression", "non_null_expression"))
    n = n.parent();
  const Node up = n.parent();
  if (up.is("expression_statement"))
    return t.whole.is("await_expression") || n.is("await_expression") ? t.call : Node();
  if (!up.is("variable_declarator") || !up.child("name").is("object_pattern")) return {};
  std::string error;
  for (const Node part : up.child("name").children()) {
    if (part.is("shorthand_property_identifier_pattern") && part.text() == "error") error = "error";
    if (part.is("pair_pattern") && part.child("key").text() == "error") error = std::string(part.child("value").text());
  }
  // What was written is asked for again: if (!order) throw …
  if (error.empty()) {
    for (const Node part : up.child("name").children()) {
      const std::string name(part.is("pair_pattern") ? part.child("value").text() : part.text());
      if (!name.empty() && asked_for(function, name, up.end())) return {};
    }
    return t.call;
  }
  return asked_for(function, error, up.end()) ? Node() : t.call;
}

namespace {

void judge_dropped(File& file, const std::vector<Node>& functions) {
  if (file.tree.python() || !icontains(file.code(), "supabase") || told_here(file, kDropped)) return;
  Recurring told;
  int places = 0;
  for (const Node f : functions)
    for (const Touch& t : touches(file, body(f))) {
      const Node at = dropped_write(file, f, t);
      if (!at || ++places > 6) continue;
      if (!told && told_at(file, "WHK-003", at)) continue;
      auto* first = told.hit(file, "WHK-003", at);
      if (first == nullptr) continue;
      first->title = kDropped;
      first->impact =
          "supabase-js does not throw: where its error is not looked at, what could not be stored is answered with "
          "success, and the sender never sends it again.";
      first->fix = "Look at error after each write and answer 500, or chain .throwOnError().";
    }
}

// except IntegrityError: return "duplicate", around everything that was to be stored
void judge_conflicts(File& file, Node f) {
  for (const Node c : f.all("except_clause")) {
    const Code code = c.code();
    if (!icontains(code.substr(0, code.find('\n')), "integrityerror") || contains(code, "raise") ||
        icontains_any(code, {"event_id", "select(", ".get(", ".filter(", "exists(", "retry", "constraint", "orig",
                             "diag", "pgcode"}))
      continue;
    if (!contains(code, "return") && !contains(code, "pass") && !contains(code, "continue")) continue;
    const Node attempt = c.parent();
    if (!attempt.is("try_statement") || attempt.children().empty()) continue;
    const Node tried = attempt.children().front();
    if (!icontains_any(tried.code(), {"commit(", "save("})) continue;
    // The event's own row alone: its key is what is violated.
    bool state = static_cast<bool>(writes_paid_state(file, tried));
    for (const Call* q : file.calls_in(f))
      state =
          state || (q->node.begin() < tried.end() &&
                    has_word(last(q->name), {"apply", "handle", "process", "dispatch", "handler", "fulfill", "sync"}));
    if (!state || told_at(file, "WHK-003", c)) continue;
    auto& found = file.hit("WHK-003", c);
    found.title = "Every violated constraint counts as a repeated event";
    found.severity = proof::Severity::low;
    found.impact =
        "A conflict of another kind (a customer or a subscription that is kept already) is answered as handled: the "
        "event is lost, and the provider does not send it again.";
    found.fix = "Store the event's id first and alone; let every other conflict be an error that the provider sees.";
    return;
  }
}

bool looked_up(const File& file, Node function, std::string_view name, std::uint32_t before) {
  for (const char* type : {"variable_declarator", "assignment"})
    for (const Node a : function.all(type)) {
      const Node left = a.child("name") ? a.child("name") : a.child("left");
      const Node value = a.child("value") ? a.child("value") : a.child("right");
      if (a.begin() > before || !has_token(left.code(), name)) continue;
      for (const Call* c : file.calls_in(value)) {
        const std::string_view f = last(c->name);
        if (f.starts_with("find") || f == "first" || f == "one_or_none" || f == "scalar_one_or_none" ||
            f == "maybeSingle" || f == "single" || f == "fetchone" || f == "fetchrow" || f == "get_or_none" ||
            (f == "get" && icontains_any(c->name, {".objects", "db.", "session", "query"})) ||
            (f == "scalar" && icontains(c->name, "db")))
          return true;
      }
    }
  return false;
}

// if (user) { await db.user.update(…) } and nothing for the other case
void judge_unknown(File& file, const std::vector<Node>& functions) {
  if (told_here(file, kUnknown)) return;
  Recurring told(6);
  for (const Node f : functions) {
    if (!icontains_any(f.code(), {"subscription", "invoice", "session", "payment", "customer", "order"})) continue;
    for (const Node b : f.all("if_statement")) {
      if (b.child("alternative") || b.child("condition").code().size() > 60) continue;
      std::string_view name = text::trim(b.child("condition").code());
      if (name.starts_with("(") && name.ends_with(")")) name = text::trim(name.substr(1, name.size() - 2));
      if (name.empty() || !std::all_of(name.begin(), name.end(),
                                       [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }))
        continue;
      if (has_word(name, {"existing", "already", "seen", "duplicate", "processed", "error", "event", "coupon",
                          "referrer", "referral", "email", "token"}))
        continue;
      if (!writes_paid_state(file, b.child("consequence")) || !looked_up(file, f, name, b.begin())) continue;
      // The last thing that is done for the event: nothing behind it asks again.
      const Node next = b.next();
      if (next && !next.any_of("break_statement", "return_statement", "expression_statement", "comment")) continue;
      if (next.is("return_statement") && icontains_any(next.code(), {"4", "5", "error"})) continue;
      if (next.is("expression_statement") &&
          !icontains_any(next.code(), {"log", "console", "print", "json(", "commit"}))
        continue;
      if (told_at(file, "WHK-003", b)) continue;
      auto* first = told.hit(file, "WHK-003", b);
      if (first == nullptr) continue;
      first->title = kUnknown;
      first->severity = proof::Severity::low;
      first->impact =
          "Events come in any order: one that comes before the row it speaks of, or for a row that is gone, changes "
          "nothing and is never sent again.";
      first->fix = "Answer with an error where the row is missing, so that the provider tries again, or make the row.";
    }
  }
}

// The signature is proven, and that is all.
void judge_idle(File& file, Node handler) {
  for (const Call* c : file.calls_in(handler)) {
    const std::string_view f = last(c->name);
    if (f != "constructEvent" && f != "construct_event" && f != "constructEventAsync") continue;
    std::string name;
    for (Node up = c->node.parent(); up && !(up == handler); up = up.parent()) {
      if (up.is("variable_declarator")) name = std::string(up.child("name").text());
      if (up.any_of("assignment_expression", "assignment")) name = std::string(up.child("left").text());
      if (!name.empty() || up.any_of("statement_block", "block")) break;
    }
    if (name.size() < 2) continue;
    for (const Node n : handler.all("identifier")) {
      if (n.text() != name || n.begin() < c->node.end()) continue;
      bool logged = false;
      for (Node up = n.parent(); up && !(up == handler) && !logged; up = up.parent())
        if (const auto call = as_call(up)) logged = icontains_any(call->name, {"console", "log", "print"});
      if (!logged) return;
    }
    for (const Node n : handler.all("shorthand_property_identifier")) {
      if (n.text() != name) continue;
      const auto call = as_call(n.above("call_expression"));
      if (!call || !icontains_any(call->name, {"console", "log"})) return;
    }
    auto& found = file.hit("WHK-003", c->node);
    found.title = "Events are proven, and nothing is done with any of them";
    found.impact =
        "What is paid, changed or cancelled at the provider is answered as received and never becomes known.";
    found.fix = "Handle the events that begin, change and end what is sold.";
    return;
  }
}

// const intent = await stripe.paymentIntents.create({ off_session: true, confirm: true }); await db.from(…).update(…)
// Stops: a card that is charged for what was never written down.
void judge_charged(File& file, Node f) {
  const Call* charge = nullptr;
  for (const Call* c : file.calls_in(body(f)))
    if (icontains_any(c->name, {"charges.create", "paymentintents.create"}) &&
        (icontains(c->name, "charges") || icontains(c->node.code(), "off_session")))
      charge = c;
  if (charge == nullptr) return;
  for (const Touch& t : touches(file, body(f))) {
    if (t.call.begin() < charge->node.end()) continue;
    const Node at = dropped_write(file, f, t);
    if (!at || told_at(file, "WHK-003", at)) continue;
    auto& found = file.hit("WHK-003", at);
    found.title = "The card is charged, and nobody looks whether that could be written down";
    found.confidence = proof::Confidence::medium;
    found.impact = "Where the write fails the money is taken for nothing, and nothing tries again.";
    found.fix =
        "Write down first what is to be charged, look at the error of each write, and let the webhook finish it.";
    also(found, file, charge->node);
    return;
  }
}

}  // namespace

void judge_silences(File& file, Node handler) {
  const std::vector<Node> functions = handler_and_helpers(file, handler);
  judge_dropped(file, functions);
  if (file.tree.python())
    for (const Node f : functions) judge_conflicts(file, f);
  judge_unknown(file, functions);
  judge_idle(file, handler);
}

void read_silences(File& file) {
  const Code code = file.code();
  if (!file.tree.python() && client_file(file)) return;
  const bool events = icontains_any(code, {"webhook", "event[\"type\"]", "event['type']", "event.get(\"type",
                                           "subscription.updated", "subscription.deleted", "invoice.paid"});
  const bool charges = icontains_any(code, {"off_session", "charges.create"});
  const bool confirms = icontains_any(code, {"session.retrieve", "sessions.retrieve", "paymentintents.retrieve",
                                             "paymentintent.retrieve", "verify_payment_signature"});
  if (!events && !confirms && !charges) return;
  if (has_word(file.path, {"test", "tests", "seed", "mock", "mocks", "scripts"})) return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (function_around(f) && !f.is("method_definition")) continue;
      if (events && file.tree.python() && icontains(f.code(), "integrityerror")) judge_conflicts(file, f);
      if (events && !event_branches(file, f).empty()) {
        const std::vector<Node> functions = handler_and_helpers(file, f);
        judge_dropped(file, functions);
        judge_unknown(file, functions);
      }
      if (charges && icontains_any(f.code(), {"off_session", "charges.create"})) judge_charged(file, f);
      // Stops: money that was taken and stands nowhere.
      if (confirms && icontains_any(f.code(), {"session.retrieve", "sessions.retrieve", "intents.retrieve",
                                               "intent.retrieve", "verify_payment_signature"}))
        // `return False, ""` says to whoever calls it that the payment did not hold.
        if (const Node lost = swallowed_write(file, f);
            lost && !icontains_any(lost.code(), {"return false", "return (false"}) && !told_at(file, "WHK-003", lost)) {
          auto& found = file.hit("WHK-003", lost);
          found.title = "A payment that could not be written down is answered as a success";
          found.impact = "The buyer has paid and reads that all is well; nothing is stored, and nobody tries again.";
          found.fix = "Answer with an error, and let the provider's webhook write it down whatever the page does.";
        }
    }
}

}  // namespace gatehouse::audit::source
