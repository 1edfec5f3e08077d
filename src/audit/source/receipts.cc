#include "audit/source/receipts.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/entitlements.h"
#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "audit/source/python_addresses.h"
#include "audit/source/python_client.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 200;

bool receipt_name(std::string_view name) {
  return has_word(
      name, {"session", "intent", "payment", "order", "reference", "ref", "transaction", "txn", "checkout", "charge",
             "razorpay", "paypal", "stripe", "paystack", "receipt", "token", "tran", "trx", "id"});
}

// A name under which one's own records keep the provider's id.
bool kept_id(std::string_view key) {
  return has_word(key, {"session", "intent", "razorpay", "paypal", "stripe", "transaction", "txn", "reference",
                        "checkout", "charge", "provider", "receipt", "paystack", "payment", "external"}) &&
         !has_word(key, {"customer", "status", "method", "user"});
}

struct Asked {
  const Call* call = nullptr;
  Node id;
  bool signature = false;  // only that the provider said it; not what it was for
  bool captures = false;   // taken by this very call: it succeeds or fails
};

std::optional<Asked> asked(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view name = last(c->name);
    const bool provider = icontains_any(c->name, {"session", "intent", "charge", "razorpay", "paypal", "stripe"});
    if ((name == "retrieve" || name == "retrieve_async") && provider &&
        !icontains_any(c->name, {"subscription", "customer"})) {
      const Node id = c->arg(0) ? c->arg(0) : c->keyword("id");
      if (id) return Asked{c, id, false};
    }
    if ((name == "fetch" || name == "capture") && c->name.find('.') != std::string::npos &&
        icontains_any(c->name, {"payments.", "orders.", "payment.", "order."}))
      if (c->arg(0)) return Asked{c, c->arg(0), false, name == "capture"};
    if (name == "OrdersGetRequest" || name == "OrdersCaptureRequest" || c->name == "new OrdersCaptureRequest")
      if (c->arg(0)) return Asked{c, c->arg(0), false, !contains(name, "Get")};
    if (name == "verify_payment_signature" || name == "validatePaymentVerification" ||
        name == "validateWebhookSignature")
      return Asked{c, c->arg(0), true};
    if (name == "fetch" || name == "get" || name == "post" || c->name == "axios" || name == "request") {
      const Node address = file.tree.python() ? asked_address(file, *c) : c->arg(0);
      if (!address || literal(address)) continue;
      Node text = unwrap(address);
      if (text.is("identifier")) text = unwrap(value_of(file, text));
      if (icontains_any(spoken(text),
                        {"transaction/verify", "checkout/orders", "v1/payments", "transactions/", "/payments/"}))
        for (const Node h : holes(text))
          if (receipt_name(h.code()) && !icontains_any(h.code(), {"base", "url", "host", "api"}))
            return Asked{c, h, false, icontains(spoken(text), "/capture")};
    }
  }
  const Code code = f.code();
  if (contains(code, "razorpay_payment_id") && icontains_any(code, {"createhmac", "hmac.new"}))
    for (const Call* c : file.calls_in(body(f)))
      if (last(c->name) == "createHmac" || c->name == "hmac.new") return Asked{c, {}, true};
  // if (!this.genuine(dto)) throw …, where that one counts the digest of order and payment
  if (contains(code, "this."))
    for (const Call* c : file.calls_in(body(f))) {
      if (!c->name.starts_with("this.") || c->name.find('.', 5) != std::string::npos) continue;
      for (const Node m : file.tree.all("method_definition"))
        if (function_name(m) == last(c->name) && icontains(m.code(), "createhmac") &&
            icontains_any(m.code(), {"paymentid", "payment_id"}))
          return Asked{c, {}, true};
    }
  return std::nullopt;
}

bool parameter(Node f, Node id) {
  const std::string_view name = unwrap(id).text();
  for (Node p : f.child("parameters").children()) {
    if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
    if (p.is("identifier") && p.text() == name) return true;
    if (p.is("typed_parameter") && p.first().text() == name) return true;
    for (const Node part : p.children())
      if (part.text() == name) return true;
  }
  return false;
}

// The id comes with the request, or from who calls a function that is there to confirm payments.
bool clients(const File& file, Node f, Node id) {
  if (!id) return true;
  // What an exported server action is handed, anybody hands it.
  if (!file.tree.python() && begins_with_directive(file, "use server") && parameter(f, id)) return true;
  const bool named =
      after_paying(function_name(f)) || has_word(function_name(f), {"redeem", "fulfill", "check", "process"});
  if (file.tree.python()) {
    const Node of = f;
    if (from_client(of, id) || taint(id) == Taint::yes) return true;
    return named && parameter(f, id);
  }
  // const { session_id } = await searchParams, of the page itself
  for (const Node d : f.all("variable_declarator"))
    if (has_token(d.child("name").code(), unwrap(id).text()) && contains(d.child("value").code(), "searchParams"))
      return true;
  return from_client(file, id) || (named && parameter(f, id));
}

bool status_word(const Code& code) {
  return icontains_any(code, {"payment_status", "paymentstatus", "status", "captured", "succeeded", "paid"});
}

// Whether it was paid is read off what the provider said: written down, handed on or held against a word. What the
// code itself calls paid, and the number an answer goes out with, are no such thing.
bool asks_status(Node f) {
  if (!status_word(f.code())) return false;
  for (const char* type : {"member_expression", "attribute"})
    for (const Node m : f.all(type)) {
      const std::string_view part = (m.is("attribute") ? m.child("attribute") : m.child("property")).text();
      if (!status_word(part) || icontains(part, "code")) continue;
      const Node up = m.parent();
      if (up.any_of("call_expression", "call") && up.child("function") == m) continue;  // res.status(400)
      if (up.any_of("assignment", "assignment_expression") && up.child("left") == m) continue;
      if (icontains_any(m.text(), {"settings.", "choices", "process.env", "http.", "response.status", "res.status"}) ||
          (!m.text().empty() && m.text().front() >= 'A' && m.text().front() <= 'Z'))
        continue;
      return true;
    }
  for (const char* type : {"subscript", "subscript_expression", "call", "call_expression"})
    for (const Node n : f.all(type)) {
      const auto c = as_call(n);
      if (c && last(c->name) != "get") continue;
      const Node key = c ? c->arg(0) : n.is("subscript") ? n.child("subscript") : n.child("index");
      if (const auto said = literal(key); said && status_word(*said)) return true;
    }
  for (const char* type : {"shorthand_property_identifier_pattern", "keyword_argument", "pair_pattern"})
    for (const Node n : f.all(type))
      if (status_word(n.code()) && (!n.is("keyword_argument") || icontains(n.child("name").text(), "status__")))
        return true;
  return false;
}

// The node and what surrounds it up to its statement, with what its names were given.
std::string statement_of(Node at, Node f) {
  Node n = at;
  while (n.parent() && !n.parent().any_of("statement_block", "block", "program", "module")) n = n.parent();
  std::string out(n.code());
  for (const char* type : {"variable_declarator", "assignment"})
    for (const Node a : f.all(type)) {
      const Node name = a.child("name") ? a.child("name") : a.child("left");
      if (a.begin() >= at.begin() || name.text().size() > 200) continue;
      std::vector<Node> names = name.is("identifier") ? std::vector<Node>{name} : name.children();
      for (const Node x : names)
        if (x.text().size() > 1 && has_token(out, x.text())) {
          out += " ";
          out += (a.child("value") ? a.child("value") : a.child("right")).code().substr(0, 400);
          break;
        }
    }
  return out;
}

bool of_receipt(const Code& code) {
  return icontains_any(code, {"metadata", "client_reference_id", "clientreferenceid", "custom_id", "external_reference",
                              ".notes", "[\"notes\"]", "['notes']", "custom_data", "reference_id", "customer_details",
                              "session.customer", "custom_field"});
}

// What the provider says is held against what the project knows.
bool compared(Node f) {
  for (const char* type : {"binary_expression", "comparison_operator"})
    for (const Node b : f.all(type)) {
      const Code said = b.code();
      if (said.size() > 300) continue;
      if (type == std::string_view("binary_expression") && !b.has_token("===") && !b.has_token("!==") &&
          !b.has_token("==") && !b.has_token("!=") && !b.has_token("<") && !b.has_token(">="))
        continue;
      if (of_receipt(said) || has_word(said, {"amount", "total", "customer", "payer", "currency", "email", "price"}))
        if (!icontains_any(said, {"null", "none", "undefined", "=== 0", "typeof"})) return true;
    }
  return false;
}

bool looked_up(const File& file, Node f, const Asked& a) {
  const std::string id(unwrap(a.id).is("identifier") ? unwrap(a.id).text() : std::string_view());
  if (file.tree.python()) {
    for (const Call* c : file.calls_in(body(f))) {
      const std::string_view m = last(c->name);
      if (m != "get" && m != "filter" && m != "filter_by" && m != "get_object_or_404" && m != "get_or_create" &&
          m != "exists" && m != "exclude" && m != "first_or_404")
        continue;
      for (const auto& [key, value] : c->keywords)
        if (kept_id(key)) return true;
    }
    for (const Node c : f.all("comparison_operator"))
      for (const Node x : c.all("attribute"))
        if (kept_id(x.child("attribute").text()) && contains(c.code(), "==") &&
            !icontains(x.child("attribute").text(), "status") &&
            std::isupper(static_cast<unsigned char>(x.code().front())))
          return true;
    return icontains(f.code(), "where") &&
           icontains_any(f.code(), {"session_id =", "order_id =", "payment_id =", "reference ="});
  }
  for (const Touch& t : touches(file, body(f))) {
    if (!id.empty() && has_token(t.condition, id)) return true;
    for (const std::string_view key : {"sessionid", "session_id", "intentid", "intent_id", "razorpay", "paypalorder",
                                       "stripe", "transactionid", "transaction_id", "reference", "orderid", "order_id",
                                       "checkout", "paymentid", "payment_id", "providerid", "chargeid", "receipt"})
      if (icontains(t.condition, key)) return true;
  }
  return false;
}

bool remembers(const Code& code) {
  return icontains_any(
      code, {"already", "processed", "redeemed", "is_used", "isused", "409", "duplicate", "p2002", "11000", "23505",
             "idempot", "fulfilled", "integrityerror", "update_or_create", "get_or_create"});
}

bool for_staff(const Code& code) {
  return icontains_any(code, {"isadmin", "is_admin", "is_staff", "requireadmin", "staff_member", "role !== 'admin'",
                              "role !== \"admin\""});
}

void read_function(File& file, Node f, Receipts& notes) {
  const std::string name = function_name(f);
  if (webhook_door(name) || takes_signed_events(f) || for_staff(f.code())) return;
  if (f.parent().is("decorated_definition") && icontains_any(f.parent().code().substr(0, 300), {"admin", "webhook"}))
    return;
  const auto a = asked(file, f);
  if (!a || !clients(file, f, a->id)) return;
  const Code code = f.code();
  Receipts::Shown out;
  out.at = {place(file.path, a->call->line()), file.shown(a->call->node)};
  out.path = file.path;
  out.line = f.line();
  out.end_line = f.end_line();
  bool by_receipt = true, counts = false;
  for (const Entitlement& e : entitlements(file, f)) {
    if (!out.gives) out.gives = Spot{place(file.path, e.at.line()), file.shown(e.at)};
    counts = counts || e.kind == Entitlement::Kind::counts;
    by_receipt = by_receipt && of_receipt(statement_of(e.at, f));
  }
  // A row of what was sold, and what goes out with it: a second opening of the page makes both again.
  if (!out.gives && !file.tree.python() && asks_status(f))
    for (const Touch& t : touches(file, body(f)))
      if (t.kind == Touch::Kind::create &&
          has_word(t.record, {"order", "printorder", "shipment", "purchase", "ticket"}) &&
          icontains_any(code, {"fetch(", "axios", "sendmail", "emails.send", ".invoke("})) {
        out.gives = Spot{place(file.path, t.call.line()), file.shown(t.call)};
        counts = true;
        by_receipt = of_receipt(code);
        break;
      }
  if (!out.gives) by_receipt = of_receipt(code);
  if (!a->signature && !a->captures && !asks_status(f)) {
    out.title = "A payment counts without asking whether it was made";
  } else {
    if (looked_up(file, f, *a) || remembers(code)) return;
    if (compared(f) && !counts) return;
    if (by_receipt && !counts) return;
    out.again = counts && (by_receipt || compared(f));
    out.title = out.again ? "Each opening of the page after a payment counts the payment again"
                          : "A payment that the client names counts, whatever its sum, its payer and its earlier use";
  }
  if (!out.gives)
    for (const Call* c : file.calls_in(body(f)))
      if (out.calls.size() < 40 && !asks_for_proof(c->name)) out.calls.insert(std::string(last(c->name)));
  if (notes.shown.size() < kMost) notes.shown.push_back(std::move(out));
}

}  // namespace

void read_receipts(File& file) {
  Receipts& notes = file.project.notes<Receipts>();
  const Code code = file.code();
  if (!file.tree.python()) {
    if (contains(code, "purchase_units"))
      for (const Call& c : file.calls)
        if (c.name.ends_with("actions.order.create") && contains(c.node.code(), "purchase_units"))
          notes.browser_orders.push_back({place(file.path, c.line()), file.shown(c.node)});
    if (client_file(file)) return;
  }
  if (icontains_any(code, {"ordersgetrequest", "orderscapturerequest", "checkout/orders", "orderscontroller",
                           "ordersget", "orderscapture"}))
    notes.looks_at_orders = true;
  if (!icontains_any(code, {".retrieve(", "retrieve_async", "razorpay_payment_id", "payments.fetch", "payment.fetch",
                            "transaction/verify", "checkout/orders", "v1/payments", "verify_payment_signature",
                            "orderscapturerequest", "transactions/", "orders.fetch", "validatepaymentverification",
                            "razorpay_key_secret", "razorpay_secret"}))
    return;
  if (webhook_door(file.path) || has_word(file.path, {"seed", "scripts", "admin"})) return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type))
      if (!function_around(f) || f.is("method_definition")) read_function(file, f, notes);
}

// Stops: paying a penny once and showing that for everything, or showing what another has paid.
void judge_receipts(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Receipts>();
  for (const Receipts::Shown& s : notes.shown) {
    std::optional<Spot> gives = s.gives;
    const Unpaid& unpaid =
        s.path.ends_with(".py") ? project.notes<PythonNotes>().unpaid : project.notes<ScriptNotes>().unpaid;
    for (const std::string& call : s.calls) {
      const auto [from, to] = unpaid.functions.equal_range(call);
      if (std::distance(from, to) > 3) continue;
      for (auto it = from; it != to && !gives; ++it) gives = it->second.gives;
    }
    if (!gives) continue;
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "PAY-002" && !f.locations.empty() && f.locations.front().path == s.path &&
             f.locations.front().line >= s.line && f.locations.front().line <= s.end_line;
    });
    if (known) continue;
    // The same payment twice is a repeated event by another way.
    auto& f = sink.find(s.again ? "WHK-002" : "PAY-002", gives->at.path == s.path ? gives->at : s.at.at,
                        gives->at.path == s.path ? gives->shown : s.at.shown);
    f.title = s.title;
    if (s.again) f.severity = proof::Severity::high;
    f.confidence = proof::Confidence::medium;
    const Spot& other = gives->at.path == s.path ? s.at : *gives;
    f.locations.push_back(other.at);
    f.evidence.push_back(other.shown);
  }
  // Stops: an order over a cent, made in the visitor's own browser.
  if (!notes.looks_at_orders)
    for (const Spot& s : notes.browser_orders) {
      auto& f = sink.find("PAY-001", s.at, s.shown);
      f.title = "The browser makes the provider's order and names its sum";
      f.confidence = proof::Confidence::medium;
    }
}

}  // namespace gatehouse::audit::source
