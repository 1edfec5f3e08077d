// Receipts that clients bring: the id of a payment that the provider knows, and what it is held against before
// something counts as paid.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_addresses.h"
#include "audit/source/python_class.h"
#include "audit/source/python_client.h"
#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct ReceiptNotes {
  // A function that asks the provider about an id it is given, or hands it on to one that does.
  struct Helper {
    std::size_t position = 0;
    std::string parameter;
    bool acts = false;   // keeps or changes something itself
    std::string onward;  // the function that is handed the id
    Spot spot;
  };
  std::map<std::string, std::vector<Helper>> helpers;
  // A route that hands on an id of the client's.
  struct Use {
    std::string callee, keyword;
    std::size_t position = 0;
    bool acts = false;
    Spot spot;
  };
  std::vector<Use> uses;
};

bool receipt_name(std::string_view key) {
  return has_word(key, {"intent", "session", "transaction", "txn", "reference", "charge", "receipt", "stripe",
                        "razorpay", "paypal", "paystack", "payment", "checkout", "ref"});
}

// What the provider is asked about: PaymentIntent.retrieve(x), payment.fetch(x), get(f"…/transaction/verify/{x}").
Node asked_receipt(const File& file, const Call& c) {
  const std::string full = file.full(c.name);
  for (const std::string_view end :
       {"PaymentIntent.retrieve", "checkout.Session.retrieve", "payment_intents.retrieve", "checkout.sessions.retrieve",
        "Charge.retrieve", "charges.retrieve", "PaymentIntent.retrieve_async", "payment_intents.retrieve_async",
        "checkout.Session.retrieve_async", "payment.fetch", "Payment.find", "Order.find"})
    if (full.ends_with(end)) return c.arg(0) ? c.arg(0) : c.keyword("id");
  if (const Node address = asked_address(file, c)) {
    const Node text = built_text(address);
    if (text && icontains_any(spoken(text), {"transaction/verify", "/transactions/", "checkout/orders", "/payments/"}))
      for (const Node h : holes(text))
        if (receipt_name(h.text())) return h;
  }
  return {};
}

// It is asked whether that payment was made.
bool asks_status(const Code& code) {
  return icontains_any(code, {".status", "payment_status", "[\"status\"]", "['status']", "\"status\")", "'status')",
                              "succeeded", ".captured"});
}

// The payment is held against something: its sum, its payer, what was noted with it, or whether it was used before.
bool held_against(const File& file, Node f) {
  if (icontains_any(f.code(), {"metadata", "client_reference_id", "already", "idempot", "is_used", "custom_id"}))
    return true;
  for (const Node c : f.all("comparison_operator")) {
    if (has_word(c.code(), {"amount", "total", "cents", "paise", "customer", "payer", "currency"}) &&
        c.code().find_first_of("=<>") != std::string_view::npos && !contains(c.code(), " None"))
      return true;
    // select(Order).where(Order.intent_id == given): the record is found by it.
    for (const Node a : c.all("attribute"))
      if (receipt_name(a.child("attribute").text()) && !contains(a.child("attribute").text(), "status") &&
          contains(c.code(), "=="))
        return true;
  }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "filter_by" || m == "filter" || m == "get" || m == "get_or_none" || m == "objects" || m == "exists" ||
        m == "get_or_404" || m == "first")
      for (const auto& [key, value] : c->keywords)
        if (receipt_name(key)) return true;
    if (m == "find_one" || m == "find_one_and_update" || m == "update_one" || m == "count_documents")
      for (const auto& [key, value] : members(unwrap(c->arg(0))))
        if (receipt_name(key)) return true;
    if (m == "eq" && literal(c->arg(0)) && receipt_name(*literal(c->arg(0)))) return true;
    if ((m == "execute" || m == "fetchrow" || m == "fetchval" || m == "fetch_one") && literal(c->arg(0)) &&
        icontains(*literal(c->arg(0)), "where") &&
        receipt_name(literal(c->arg(0))->substr(
            std::min(text::to_lower(*literal(c->arg(0))).find("where"), literal(c->arg(0))->size()))))
      return true;
  }
  return false;
}

bool acts(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "commit" || m == "save" || m == "insert_one" || m == "update_one" || m == "insert" || m == "upsert" ||
        m == "add" || m == "flush")
      return true;
    if ((m == "create" || m == "update" || has_word(m, {"create", "mark", "activate", "fulfill", "grant", "add"})) &&
        !icontains_any(c->name, {"stripe", "paymentintent", "client.", "razorpay", "session.create"}))
      return true;
    if (m == "execute" && literal(c->arg(0)) && icontains_any(*literal(c->arg(0)), {"insert into", "update "}))
      return true;
  }
  return false;
}

bool for_staff(const File& file, Node f) {
  bool admin = false;
  depends_on_guard(file, f.child("parameters"), &admin);
  if (admin || admin_in_body(f)) return true;
  for (const std::string& d : decorators(f))
    if (icontains_any(d, {"admin", "staff"})) return true;
  return false;
}

void told(proof::Finding& f) {
  f.title = "A payment that the client names counts, whatever its sum, its payer and its earlier use";
  f.confidence = proof::Confidence::medium;
}

void read_function(File& file, Node f, ReceiptNotes& notes) {
  const bool route = route_function(f);
  const std::string name = function_name(f);
  if (webhook_door(name) || webhook_door(file.path) || takes_signed_events(f) || held_against(file, f)) return;
  std::vector<std::string> parameters;
  for (const Node p : f.child("parameters").children())
    if (const std::string given = parameter_name(p); !given.empty() && given != "self" && given != "cls")
      parameters.push_back(given);
  const auto parameter = [&](Node n) {
    return std::find(parameters.begin(), parameters.end(), unwrap(n).text()) - parameters.begin();
  };
  for (const Call* c : file.calls_in(body(f))) {
    if (const Node id = asked_receipt(file, *c)) {
      if (route) {
        if (!from_client(f, id) || !asks_status(f.code()) || !acts(file, f) || for_staff(file, f)) continue;
        for (const auto& x : file.sink.findings())
          if (x.id == "PAY-002" && x.locations.front().path == file.path && x.locations.front().line >= f.line() &&
              x.locations.front().line <= f.end_line())
            return;
        told(file.hit("PAY-002", c->node));
        return;
      }
      if (const auto at = static_cast<std::size_t>(parameter(id)); at < parameters.size())
        notes.helpers[name].push_back(
            {at, parameters[at], acts(file, f), "", {place(file.path, c->line()), file.shown(c->node)}});
      continue;
    }
    const std::string callee(last(c->name));
    const auto hand = [&](Node value, std::size_t position, const std::string& keyword) {
      if (!receipt_name(value.text()) || callee == "get" || callee == "str" || callee == "print") return;
      if (route && from_client(f, value) && !for_staff(file, f))
        notes.uses.push_back(
            {callee, keyword, position, acts(file, f), {place(file.path, c->line()), file.shown(c->node)}});
      if (!route)
        if (const auto at = static_cast<std::size_t>(parameter(value)); at < parameters.size())
          notes.helpers[name].push_back({at, parameters[at], acts(file, f), callee, {}});
    };
    for (std::size_t i = 0; i < c->args.size(); ++i) hand(c->arg(i), i, {});
    for (const auto& [key, value] : c->keywords) hand(value, 0, std::string(key));
  }
}

}  // namespace

void read_python_receipts(File& file) {
  auto& notes = file.project.notes<ReceiptNotes>();
  if (!icontains_any(file.code(), {"payment", "intent", "stripe", "checkout", "transaction", "razorpay", "reference"}))
    return;
  for (const Node f : file.tree.all("function_definition"))
    if (!f.above("function_definition")) read_function(file, f, notes);
}

// Stops: paying a penny once, and naming that payment for every order.
void judge_python_receipts(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ReceiptNotes>();
  std::set<std::pair<std::string, int>> seen;
  for (const ReceiptNotes::Use& use : notes.uses) {
    bool kept = use.acts;
    std::vector<std::pair<std::string, std::pair<std::size_t, std::string>>> next = {
        {use.callee, {use.position, use.keyword}}};
    for (int depth = 0; depth < 4 && !next.empty(); ++depth) {
      decltype(next) found;
      for (const auto& [callee, which] : next) {
        const auto it = notes.helpers.find(callee);
        if (it == notes.helpers.end()) continue;
        for (const ReceiptNotes::Helper& h : it->second) {
          if (which.second.empty() ? which.first != h.position : which.second != h.parameter) continue;
          kept = kept || h.acts;
          if (!h.onward.empty()) {
            found.push_back({h.onward, {h.position, h.parameter}});
            continue;
          }
          if (!kept || !seen.insert({h.spot.at.path, h.spot.at.line}).second) continue;
          auto& f = sink.find("PAY-002", h.spot.at, h.spot.shown);
          told(f);
          f.locations.push_back(use.spot.at);
          f.evidence.push_back(use.spot.shown);
        }
      }
      next = std::move(found);
    }
  }
}

}  // namespace gatehouse::audit::source
