#include "audit/source/cancelled_sales.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/data.h"
#include "audit/source/door_heads.h"
#include "audit/source/money_words.h"
#include "audit/source/payment_openers.h"
#include "audit/source/python.h"
#include "audit/source/script.h"
#include "audit/source/state_words.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 200;

constexpr std::string_view kNouns[] = {"booking",      "reservation", "appointment", "order",   "ticket",
                                       "enrollment",   "enrolment",   "rental",      "reserva", "purchase",
                                       "registration", "buchung",     "bestellung",  "pedido"};

struct CancelledSales {
  struct End {
    Spot at;
    std::string noun;
    bool python = false, gone = false;
    std::set<std::string> calls;
  };
  struct Confirmed {
    Spot at;
    std::string path, noun, name;
  };
  std::vector<End> ends;
  std::vector<Confirmed> confirmed;
  std::map<std::string, Spot> event_calls;  // what functions that are told of payments call, and where
  std::set<std::string> paid_for;           // nouns that stand where payments are opened or proven
  std::set<std::string> cancels;            // nouns whose records can be cancelled
};

bool opens_or_proves(const Code& code) {
  return icontains_any(code, {"sessions.create", "session.create", "paymentintents.create", "paymentintent.create",
                              "charges.create", "charge.create", "orders.create(", "order.create(", "createorder",
                              "razorpay_payment_id", "payments.create", "transaction/initialize", "payfast",
                              "create_checkout", "createcheckout"}) &&
         icontains_any(code, {"stripe", "razorpay", "paypal", "paystack", "mollie", "payfast", "braintree", "square",
                              "payment", "checkout"});
}

// booking.status, order.is_paid in a condition: somebody asks where the record stands. What the provider says of its
// own payment is no such question.
bool asks_state(const File& file, Node f) {
  const auto about = [](Node m) {
    const std::string name = dotted(m);
    const std::string_view field = last(name);
    if (!has_word(field, {"status", "state", "paid", "ispaid", "processed", "cancelled", "canceled", "confirmed",
                          "estado", "payment"}))
      return false;
    const std::string_view object = std::string_view(name).substr(0, name.size() - field.size());
    return !has_word(
        object, {"session",      "event",       "payment",  "intent",  "paymentintent", "charge", "data",   "body",
                 "result",       "res",         "response", "payload", "invoice",       "entity", "req",    "request",
                 "verification", "transaction", "details",  "capture", "checkout",      "object", "params", "pi"});
  };
  for (const char* type : {"if_statement", "elif_clause", "ternary_expression", "conditional_expression",
                           "while_statement", "switch_statement"})
    for (const Node b : f.all(type)) {
      const Node condition = b.child("condition") ? b.child("condition") : b.child("value") ? b.child("value") : b;
      for (const char* kind : {"member_expression", "attribute"})
        for (const Node m : condition.all(kind))
          if (about(m)) return true;
    }
  for (const char* type : {"pair", "keyword_argument"})
    for (const Node p : f.all(type)) {
      const Node key = p.is("pair") ? p.child("key") : p.child("name");
      const std::string name = literal(key).value_or(std::string(key.text()));
      const auto c = as_call(p.above("call_expression", "call"));
      if (!c || !has_word(last(name), {"status", "state", "paid", "payment", "ispaid"}) ||
          has_word(last(name), {"id", "intent", "order", "reference"}))
        continue;
      const std::string_view m = last(c->name);
      bool where = m == "filter" || m == "exclude" || m == "get" || m == "get_object_or_404" || m == "filter_by" ||
                   m.starts_with("findOne") || m == "find" || m == "find_one" || m == "exists";
      for (Node up = p.parent(); up && !(up == c->node) && !where; up = up.parent())
        where = up.is("pair") && up.child("key").text() == "where";
      // findOneAndUpdate({ status: "pending" }, …), updateOne
      if (!where && m.find("pdate") != std::string_view::npos && c->args.size() > 1) where = p.inside(c->args.front());
      if (where && !(m.starts_with("findOneAnd") && !p.inside(c->arg(0)))) return true;
    }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if ((m == "eq" || m == "neq" || m == "in" || m == "where" || m == "in_" || m == "is" || m == "not" ||
         m == "andWhere") &&
        has_word(literal(c->arg(0)).value_or(std::string(c->arg(0).code().substr(0, 60))),
                 {"status", "state", "paid", "payment"}))
      return true;
  }
  return icontains_any(f.code(), {" and status", "already", "\"pending\"]", "'pending']", "for_update", "can_cancel",
                                  "cancancel", "is_cancellable"});
}

// What comes back to life belongs to who was told that it is over.
bool settles(const std::string& said) {
  return has_word(said, {"paid", "confirmed", "confirm", "completed", "active", "booked", "success", "succeeded",
                         "approved", "processing", "pagado", "bezahlt", "payed", "pending"});
}

bool refund_word(const Code& code) { return icontains_any(code, {"refund", "reembols", "erstatt", "void("}); }

// The record is deleted: its noun and where.
std::pair<std::string, Node> deleted(const File& file, Node f, const std::string& name) {
  if (!file.tree.python()) {
    for (const Touch& t : touches(file, body(f)))
      if (t.kind == Touch::Kind::remove)
        if (const std::string noun = sale_noun(t.record); !noun.empty() && !has_word(t.record, {"item", "items"}))
          return {noun, t.call};
    return {};
  }
  for (const Call* c : file.calls_in(body(f))) {
    if (last(c->name) != "delete") continue;
    // Booking.objects.get(id=pk).delete(), booking.delete(), db.delete(booking)
    std::string what(c->node.child("function").child("object").code().substr(0, 120));
    if (!c->args.empty()) what += " " + std::string(c->arg(0).code().substr(0, 60));
    if (has_word(what, {"item", "items", "cache", "session_key"}) || contains(what, "OrderItem")) continue;
    const std::string noun = sale_noun(what);
    if (!noun.empty() && (has_word(name, {"delete", "remove", "cancel", "destroy"}))) return {noun, c->node};
  }
  return {};
}

bool left_alone(const File& file) {
  return webhook_door(file.path) ||
         has_word(file.path, {"seed", "seeds", "cron", "jobs", "tasks", "scripts", "migrations", "worker", "test",
                              "tests", "mock", "mocks", "admin", "management", "scheduler"});
}

void read_end(File& file, Node f, CancelledSales& notes) {
  const std::string name = handler_name(f);
  const Code own = f.code();
  const bool named = has_word(name, {"cancel", "cancelled", "canceled", "delete", "remove", "destroy", "withdraw",
                                     "stornieren", "cancelar", "DELETE", "unenroll"}) ||
                     has_word(door_head(file, f), {"cancel", "delete", "DELETE"});
  if (!named || notes.ends.size() >= kMost || refund_word(own)) return;
  // The buyer went back from the payment's page: nothing was paid.
  if (has_word(name, {"payment", "checkout", "payments", "item", "unpaid", "expired", "expire", "stale", "cleanup"}) ||
      icontains_any(own, {"session_id", "sessionid", "unpaid", "isadmin", "is_staff", "is_superuser"}))
    return;
  CancelledSales::End e;
  e.python = file.tree.python();
  for (const StateWord& w : state_words(file, f)) {
    if (!over_word(w.said) || given_back_word(w.said)) continue;
    e.noun = sale_noun(w.into + " " + name + " " + std::string(file.path));
    if (e.noun.empty() || !has_word(w.into, {"status", "state", "estado", "cancelled", "canceled"})) continue;
    e.at = {place(file.path, w.at.line()), file.shown(w.at)};
    break;
  }
  if (e.at.at.line == 0) {
    const auto [noun, at] = deleted(file, f, name);
    if (noun.empty()) return;
    e.noun = noun;
    e.gone = true;
    e.at = {place(file.path, at.line()), file.shown(at)};
  }
  notes.cancels.insert(e.noun);
  // Only what was cancelled is asked for: that is no question whether it was paid.
  bool asks = false;
  for (const char* type : {"if_statement", "elif_clause", "ternary_expression", "conditional_expression"})
    for (const Node b : f.all(type))
      asks = asks || icontains_any((b.child("condition") ? b.child("condition") : b).code(),
                                   {"paid", "pending", "payment", "payed", "pagado", "bezahlt", "draft"});
  if (asks || icontains_any(own, {"status='pending'", "status=\"pending\"", "status: 'pending'", "status: \"pending\"",
                                  "is_paid", "ispaid", "payment_status", "paymentstatus"}))
    return;
  for (const Call* c : file.calls_in(body(f)))
    if (e.calls.size() < 60) e.calls.insert(std::string(last(c->name)));
  notes.ends.push_back(std::move(e));
}

// Who is told of payments: the handler of a provider's events, what it calls, the page behind the payment.
bool told_of_payments(const File& file, Node f, const std::string& name) {
  if (takes_signed_events(f) || (webhook_door(file.path) && icontains(f.code(), "payment"))) return true;
  return icontains_any(f.code(), {"order_id", "orderid", "payment_id", "paymentid", "session_id", "sessionid",
                                  "payment_intent", "paymentintent", "reference"}) &&
         (after_paying(name) ||
          has_word(name, {"payment", "paid", "capture", "captured", "webhook", "succeeded", "fulfill"})) &&
         !has_word(name, {"create", "cancel", "refund", "get", "list", "failed", "fail"});
}

void read_confirmed(File& file, Node f, CancelledSales& notes) {
  const std::string name = handler_name(f);
  if (notes.confirmed.size() >= kMost) return;
  if (icontains_any(f.code(), {"webhook", "event", "signature"}) && icontains(f.code(), "payment"))
    for (const Call* c : file.calls_in(body(f)))
      if (notes.event_calls.size() < 2'000)
        notes.event_calls.emplace(std::string(last(c->name)), Spot{place(file.path, c->line()), file.shown(c->node)});
  if (!told_of_payments(file, f, name) || asks_state(file, f)) return;
  for (const StateWord& w : state_words(file, f)) {
    const std::string field(last(w.into.substr(w.into.rfind(' ') + 1)));
    if (!settles(w.said) || over_word(w.said) || !has_word(field, {"status", "state", "estado"})) continue;
    if (has_word(w.into, {"payment", "payments", "transaction", "invoice", "log", "user", "profile"}) &&
        sale_noun(w.into).empty())
      continue;
    const std::string noun = sale_noun(w.into + " " + name + " " + std::string(file.path));
    std::string known = noun;
    if (known.empty())
      for (const std::string_view n : kNouns)
        if (known.empty() && icontains(f.code(), n)) known = n;
    if (known.empty()) continue;
    notes.confirmed.push_back({{place(file.path, w.at.line()), file.shown(w.at)}, std::string(file.path), known, name});
    return;
  }
}

}  // namespace

void read_cancelled_sales(File& file) {
  auto& notes = file.project.notes<CancelledSales>();
  const Code code = file.code();
  std::vector<std::string_view> nouns;
  for (const std::string_view n : kNouns)
    if (icontains(code, n)) nouns.push_back(n);
  if (nouns.empty()) return;
  // status: ["pending", "confirmed", "cancelled"] of a model
  if (icontains_any(code, {"cancelled", "canceled"}) && icontains_any(code, {"status", "state"}))
    for (const std::string_view n : nouns)
      if (has_word(file.path, {n, std::string(n) + "s"}) || nouns.size() < 3) notes.cancels.insert(std::string(n));
  if (opens_or_proves(code)) notes.paid_for.insert(nouns.begin(), nouns.end());
  if (!file.tree.python() && client_file(file)) return;
  const bool alone = left_alone(file);
  const bool ends = !alone && icontains_any(code, {"cancel", "delete", "remove", "destroy", "storn"});
  const bool pays = icontains_any(code, {"payment", "paid", "checkout.session", "charge"}) &&
                    !has_word(file.path, {"test", "tests", "seed", "mock"});
  if (!ends && !pays) return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (function_around(f) && !f.is("method_definition") && !f.parent().is("arguments")) continue;
      if (f.code().size() > 20'000) continue;
      if (ends && !takes_signed_events(f) && !webhook_door(handler_name(f))) read_end(file, f, notes);
      if (pays) read_confirmed(file, f, notes);
    }
}

void judge_cancelled_sales(const Project& project, Sink& sink) {
  const auto& notes = project.notes<CancelledSales>();
  const auto told = [&](std::string_view id, const Spot& at, int near) {
    return std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == id && !f.locations.empty() && f.locations.front().path == at.at.path &&
             std::abs(f.locations.front().line - at.at.line) <= near;
    });
  };
  int said = 0;
  for (const CancelledSales::End& e : notes.ends) {
    if (!notes.paid_for.contains(e.noun) || told("PAY-009", e.at, 20)) continue;
    const Unpaid& known = e.python ? project.notes<PythonNotes>().unpaid : project.notes<ScriptNotes>().unpaid;
    bool asks = false;
    for (const std::string& call : e.calls) {
      asks = asks || has_word(call, {"refund", "refunds"});
      const auto [from, to] = known.functions.equal_range(call);
      if (std::distance(from, to) > 3) continue;
      for (auto it = from; it != to; ++it) asks = asks || it->second.asks;
    }
    if (asks || ++said > 4) continue;
    // Stops: money kept for what the customer no longer gets, with no trace of it where the record is deleted.
    auto& f = sink.find("PAY-009", e.at.at, e.at.shown);
    f.title = e.gone ? "What was paid for is deleted, and nothing is paid back"
                     : "What was paid for is cancelled, and nothing is paid back";
    f.confidence = proof::Confidence::medium;
    f.fix = "Ask whether it was paid; refund it at the provider first, keep the payment's record, and then cancel it.";
  }
  for (const CancelledSales::Confirmed& c : notes.confirmed) {
    if (!notes.cancels.contains(c.noun) || told("WHK-002", c.at, 80)) continue;
    // Stops: a cancelled booking that a repeated or late confirmation takes back from who has it now.
    auto& f = sink.find("WHK-002", c.at.at, c.at.shown);
    f.title = "A confirmation that comes again or late revives what was cancelled";
    f.confidence = proof::Confidence::medium;
    f.impact =
        "The state is overwritten whatever it is by then: what was cancelled, refunded or finished counts as paid "
        "again.";
    f.fix =
        "Write with the state it must have: UPDATE … WHERE id = $1 AND status = 'pending', and refund what comes late.";
    if (const auto from = notes.event_calls.find(c.name);
        from != notes.event_calls.end() && from->second.at.path != c.path) {
      f.locations.push_back(from->second.at);
      f.evidence.push_back(from->second.shown);
    }
  }
}

}  // namespace gatehouse::audit::source
