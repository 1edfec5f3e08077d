#include "audit/source/checkout_terms.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "audit/source/python_client.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 100;

Node outermost(Node n) {
  Node f = function_around(n);
  for (Node up = f; up && !f.is("method_definition"); up = function_around(up)) f = up;
  return f;
}

std::string key_of(Node pair) {
  const Node key = pair.is("pair") ? pair.child("key") : pair.child("name");
  return literal(key).value_or(std::string(key.text()));
}

// What the client sent, in the words of handlers, actions and procedures.
bool sent(const File& file, Node value) {
  value = unwrap(value);
  if (!value || literal(value)) return false;
  const Node f = function_around(value);
  if (!f) return false;
  if (file.tree.python()) return from_client(f, value) || sent_in(f, value);
  // What a list of the server's own gives for it is the server's.
  if (value.is("member_expression")) {
    Node root = value;
    while (root.is("member_expression")) root = unwrap(root.child("object"));
    if (const Node made = root.is("identifier") ? unwrap(value_of(file, root)) : Node();
        made.any_of("subscript_expression", "call_expression", "ternary_expression") &&
        !icontains_any(made.code(), {".json(", "body", "parse("}))
      return false;
  }
  if (from_client(file, value)) return true;
  const std::string name = dotted(value);
  const std::string root = name.substr(0, name.find('.'));
  if (root != "parsedInput" && root != "input" && !begins_with_directive(file, "use server")) return false;
  for (const Node p : f.child("parameters").children())
    if (has_token(p.code(), root)) return true;
  return false;
}

// Held against something: compared, or looked for among what is kept.
bool weighed(const File& file, Node f, const std::string& name) {
  for (const char* type : {"binary_expression", "comparison_operator"})
    for (const Node b : f.all(type))
      if (has_token(b.code(), name) && !icontains_any(b.code(), {"null", "none", "undefined", "\"\"", "''"}) &&
          (b.has_token("==") || b.has_token("!=") || b.has_token("===") || b.has_token("!==") || b.has_token("in") ||
           b.has_token("not in")))
        return true;
  return std::any_of(file.calls.begin(), file.calls.end(), [&](const Call& c) {
    if (!c.node.inside(f) || !has_token(c.node.child("arguments").code(), name)) return false;
    const std::string_view m = last(c.name);
    return m.starts_with("find") || m == "filter" || m == "where" || m == "eq" || m == "exists" || m == "includes" ||
           m == "has" || m == "filter_by" || m == "get_object_or_404" || m == "first";
  });
}

Node pair_above(Node n, std::string_view key) {
  for (Node p = n.above("pair"); p; p = p.above("pair"))
    if (key_of(p) == key) return p;
  return {};
}

// Stops: a course that costs a tenth, as nine tenths of it go back to an account of the buyer's own.
void judge_payees(File& file) {
  if (!icontains_any(file.code(), {"transfer", "on_behalf_of", "stripeaccount", "stripe_account"})) return;
  for (const char* type : {"pair", "keyword_argument"})
    for (const Node p : file.tree.all(type)) {
      const std::string key = key_of(p);
      if (key != "destination" && key != "on_behalf_of") continue;
      if (key == "destination" && !pair_above(p, "transfer_data")) {
        const Node call = p.above("call_expression", "call");
        const auto c = call ? as_call(call) : std::nullopt;
        if (!c || !icontains_any(c->name, {"transfer", "payout"})) {
          const Node keyword = p.above("keyword_argument");
          if (!keyword || key_of(keyword) != "transfer_data") continue;
        }
      }
      const Node value = unwrap(p.child("value")), f = outermost(p);
      if (!f || !sent(file, value) || weighed(file, f, std::string(last(dotted(value))))) continue;
      auto& found = file.hit("PAY-001", p);
      found.title = "The client names the account that gets the money";
      found.fix = "Take the account from the seller's own record, by what is bought.";
      return;
    }
}

bool opens_payment(std::string_view call) {
  return icontains_any(call, {"sessions.create", "session.create", "paymentintents.create", "paymentintent.create",
                              "subscriptions.create", "subscription.create", "paymentlinks.create"}) ||
         (last(call) == "create" && icontains_any(call, {"razorpay", "orders.", "order."}));
}

// Stops: the smallest plan paid for, and the largest one written down by the webhook.
void judge_bought(File& file) {
  if (!icontains_any(file.code(), {"metadata", "notes"})) return;
  for (const Call& c : file.calls) {
    if (!opens_payment(c.name)) continue;
    const Node f = outermost(c.node);
    if (!f) continue;
    for (const char* type : {"pair", "keyword_argument"})
      for (const Node p : c.node.all(type)) {
        const std::string key = key_of(p);
        const Node value = unwrap(p.child("value"));
        if (!has_word(key, {"plan", "tier", "package", "pack", "credits", "level", "coins", "tokens"}) ||
            (!pair_above(p, "metadata") && !pair_above(p, "notes") &&
             !contains(p.parent().parent().code(), "metadata")) ||
            !value.any_of("identifier", "member_expression", "attribute", "subscript", "call") || !sent(file, value))
          continue;
        std::string name(last(dotted(value)));
        if (const auto call = as_call(value))
          name = last(call->name) == "get" ? literal(call->arg(0)).value_or("") : std::string();
        else if (value.is("subscript"))
          name = literal(value.child("subscript")).value_or("");
        if (name.empty()) continue;
        // Anything else that is done with it may be the look-up of its price.
        bool used = false;
        for (const char* kind : {"identifier", "property_identifier", "shorthand_property_identifier"})
          for (const Node n : f.all(kind)) {
            if (n.text() != name) continue;
            const Node up = n.parent();
            if (up.any_of("object_pattern", "required_parameter", "pair_pattern", "variable_declarator", "assignment",
                          "unary_expression", "not_operator", "parameters", "pattern_list") &&
                !(up.is("assignment") && n.inside(up.child("right"))))
              continue;
            if (n.is("property_identifier") && up.is("pair")) continue;  // a key
            Node written = n;
            while (written.parent() && !written.is("pair") && !written.is("keyword_argument") && !(written == f))
              written = written.parent();
            const bool noted = (written.is("pair") || written.is("keyword_argument")) && written.inside(c.node) &&
                               has_word(key_of(written), {"plan", "tier", "package", "pack", "credits", "level",
                                                          "coins", "tokens", "metadata"});
            used = used || !noted;
          }
        if (used || literal(value)) continue;
        auto& found = file.hit("PAY-001", p);
        found.title = "What is unlocked is what the client names, whatever was paid (" + key + ")";
        found.severity = proof::Severity::high;
        found.confidence = proof::Confidence::medium;
        found.fix = "Take price and " + key + " from one entry of a list of the server's own.";
        return;
      }
  }
}

// Stops: an offer of one cent, taken where the price should stand: (offer || art.priceCents) + frame.
void judge_offers(File& file) {
  if (!icontains_any(file.code(), {"stripe", "checkout", "payment", "intent", "charge"})) return;
  for (const char* type : {"binary_expression", "boolean_operator"})
    for (const Node b : file.tree.all(type)) {
      if (!b.has_token("||") && !b.has_token("??") && !b.has_token("or")) continue;
      const Node left = unwrap(b.child("left")), right = unwrap(b.child("right"));
      if (!left.any_of("identifier", "member_expression", "subscript", "call") ||
          !right.any_of("member_expression", "attribute", "subscript", "subscript_expression") ||
          !sum_of_money(last(dotted(right))) || literal(left))
        continue;
      const Node f = outermost(b);
      const std::string name(last(dotted(left)));
      if (!f || !sent(file, left) || sent(file, right) || weighed(file, f, name) ||
          icontains_any(f.code(), {"donat", "isadmin", "is_staff", "math.max(", "max(", name + " <", name + " >"}))
        continue;
      auto& found = file.hit("PAY-001", b);
      found.title = "What the client names is taken in place of the price";
      found.confidence = proof::Confidence::medium;
      return;
    }
}

// Stops: 199 of the cheapest money there is.
void judge_currencies(File& file) {
  for (const Call& c : file.calls) {
    if (!opens_payment(c.name)) continue;
    const Node f = outermost(c.node);
    if (!f) continue;
    for (const char* type : {"pair", "keyword_argument", "shorthand_property_identifier"})
      for (const Node p : c.node.all(type)) {
        const bool bare = p.is("shorthand_property_identifier");
        const Node value = bare ? p : unwrap(p.child("value"));
        if ((bare ? std::string(p.text()) : key_of(p)) != "currency" ||
            !value.any_of("identifier", "member_expression", "attribute", "subscript",
                          "shorthand_property_identifier") ||
            !sent(file, value) || weighed(file, f, bare ? std::string(p.text()) : std::string(last(dotted(value)))) ||
            icontains_any(file.code(), {"currency: z.enum", "currency: z.literal", "currency: literal[", "allowed_curr",
                                        "currencies"}))
          continue;
        // Where the sum is the client's, too, that is told.
        bool own_sum = false;
        for (const Node other : c.node.all(bare ? "pair" : type))
          if (const std::string k = key_of(other); k == "amount" || k == "unit_amount")
            own_sum = own_sum || (!unwrap(other.child("value")).any_of("subscript_expression", "subscript") &&
                                  sent(file, other.child("value")));
        if (own_sum) continue;
        auto& found = file.hit("PAY-001", p);
        found.title = "The client names the currency of the price";
        found.severity = proof::Severity::medium;
        found.confidence = proof::Confidence::medium;
        return;
      }
  }
}

bool sale(std::string_view record) {
  return has_word(record, {"order", "booking", "purchase", "payment", "enrollment", "enrolment", "subscription",
                           "transaction", "pedido", "compra", "bestellung", "orders", "payments", "bookings",
                           "purchases", "enrollments", "subscriptions", "transactions"});
}

// razorpay_payment_id, paymentIntentId, transaction_ref
bool payment_id(std::string_view key) {
  return has_word(key, {"payment", "transaction", "txn", "razorpay", "razor", "paypal", "stripe", "charge", "capture",
                        "paystack", "intent"}) &&
         has_word(key, {"id", "ref", "reference", "intent"}) &&
         !has_word(key, {"method", "status", "customer", "account", "user", "type", "plan", "price", "product"});
}

bool still_open(const Code& code) {
  return icontains_any(code, {"\"pending\"", "'pending'", "\"created\"", "'created'", "\"unpaid\"", "'unpaid'",
                              "\"processing\"", "'processing'", "pending,", ".pending", "awaiting"});
}

// Stops: an order that says it was paid, by a payment that nobody looked up.
void note_named(File& file, NamedPayments& notes) {
  if (webhook_door(file.path) || has_word(file.path, {"seed", "scripts", "admin", "mock", "migrations"})) return;
  const bool python = file.tree.python();
  const auto keep = [&](Node at, Node f) {
    NamedPayments::Named n{{place(file.path, at.line()), file.shown(at)}, python, f.line(), f.end_line(), {}};
    for (const Call* c : file.calls_in(body(f))) {
      if (asks_for_proof(c->name)) return;
      if (n.calls.size() < 60) n.calls.insert(std::string(last(c->name)));
    }
    notes.named.push_back(std::move(n));
  };
  const auto outside = [&](Node f) {
    return !f || takes_signed_events(f) || webhook_door(function_name(f)) || still_open(f.code()) ||
           icontains_any(f.code(), {"createhmac", "hmac.new", "isadmin", "is_staff"});
  };
  if (python) {
    for (const Call& c : file.calls) {
      if (notes.named.size() >= kMost) return;
      const std::string_view m = last(c.name);
      const bool made = m == "create" || m == "insert_one" || (!m.empty() && m.front() >= 'A' && m.front() <= 'Z');
      if (!made || !sale(c.name) || icontains_any(c.name, {"stripe", "razorpay", "paypal", "serializer", "schema"}))
        continue;
      Node at;
      for (const auto& [key, value] : c.keywords)
        if (payment_id(key) && sent(file, value)) at = value;
      for (const Node p : c.arg(0).all("pair"))
        if (payment_id(key_of(p)) && sent(file, p.child("value"))) at = p;
      if (const Node f = at ? outermost(c.node) : Node(); at && !outside(f)) keep(at, f);
    }
    return;
  }
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (notes.named.size() >= kMost) return;
      if ((function_around(f) && !f.is("method_definition")) || outside(f)) continue;
      const ClientData data = client_data(file, f);
      if (data.fields.empty() && data.wholes.empty() && !icontains(f.code(), "(req.body)")) continue;
      const auto named = [&](std::string_view key) {
        return std::any_of(data.fields.begin(), data.fields.end(), [&](const auto& d) { return d.first == key; });
      };
      for (const Touch& t : touches(file, body(f))) {
        if (t.kind != Touch::Kind::create || !sale(t.record)) continue;
        Node at;
        for (const Node p : t.whole.all("pair"))
          if (payment_id(key_of(p)) && sent(file, p.child("value"))) at = p;
        for (const Node p : t.whole.all("shorthand_property_identifier"))
          if (payment_id(p.text()) && named(p.text())) at = p;
        const Record* r = file.project.notes<Schema>().of(t.record);
        if (!at && r != nullptr && icontains_any(t.whole.code(), {"(req.body)", "...req.body", "(request.body)"}) &&
            std::any_of(r->columns.begin(), r->columns.end(), [](const std::string& c) { return payment_id(c); }))
          at = t.call;
        if (!at) continue;
        keep(at, f);
        break;
      }
    }
}

bool cart(std::string_view record) {
  return has_word(record, {"cart", "carts", "cartitem", "cartitems", "basket", "basketitem", "carrito", "warenkorb"});
}

// Stops: a cart that is filled between the payment and its event, and delivered.
void judge_late_carts(File& file) {
  if (!icontains_any(file.code(), {"cart", "basket", "carrito", "warenkorb"}) ||
      !icontains_any(file.code(), {"constructevent", "construct_event", "sessions.retrieve", "session.retrieve",
                                   "checkout.session.completed", "payment_intent.succeeded", "payment.captured"}))
    return;
  const auto tell = [&](Node at) {
    auto& found = file.hit("PAY-001", at);
    found.title = "What is delivered is read from the cart when the money arrives, not from what was paid for";
    found.severity = proof::Severity::high;
    found.confidence = proof::Confidence::medium;
    found.fix = "Make the order with its items before the checkout, and mark that order as paid.";
  };
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (function_around(f) && !f.is("method_definition")) continue;
      const bool paid = takes_signed_events(f) ||
                        icontains_any(f.code(), {"sessions.retrieve", "session.retrieve", "paymentintents.retrieve",
                                                 "stripe.event", "checkout.session", "session.metadata"});
      if (!paid || icontains_any(f.code(), {"sessions.create", "session.create("})) continue;
      Node read;
      bool made = false;
      if (file.tree.python()) {
        for (const Call* c : file.calls_in(body(f))) {
          const std::string_view m = last(c->name);
          if (!read && cart(c->name.substr(0, c->name.find('.'))) && (m == "filter" || m == "get" || m == "all"))
            read = c->node;
          made =
              made || (m == "create" && has_word(c->name, {"order", "orders", "orderitem", "Order"})) ||
              (has_word(m, {"order"}) && !c->keywords.empty() && std::isupper(static_cast<unsigned char>(m.front())));
        }
      } else {
        for (const Touch& t : touches(file, body(f))) {
          if (cart(t.record) && (t.kind == Touch::Kind::list || t.kind == Touch::Kind::one) &&
              (!read || icontains(t.record, "item")))
            read = t.call;
          made = made || (t.kind == Touch::Kind::create && has_word(t.record, {"order", "orderitem", "pedido"}));
        }
      }
      if (read && made) return tell(read);
    }
}

}  // namespace

void read_checkout_terms(File& file) {
  if (!file.tree.python() && client_file(file)) return;
  judge_payees(file);
  judge_bought(file);
  judge_currencies(file);
  judge_offers(file);
  judge_late_carts(file);
  if (icontains_any(file.code(), {"payment", "transaction", "razor", "paypal", "txn", "charge", "(req.body)"}))
    note_named(file, file.project.notes<NamedPayments>());
}

void judge_named_payments(const Project& project, Sink& sink) {
  int told = 0;
  for (const NamedPayments::Named& n : project.notes<NamedPayments>().named) {
    const Unpaid& known = n.python ? project.notes<PythonNotes>().unpaid : project.notes<ScriptNotes>().unpaid;
    bool asks = false;
    for (const std::string& call : n.calls) {
      const auto [from, to] = known.functions.equal_range(call);
      if (std::distance(from, to) > 3) continue;
      for (auto it = from; it != to; ++it) asks = asks || it->second.asks;
    }
    const bool said = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      const auto& l = f.locations.front();
      return f.id == "PAY-002" && l.path == n.at.at.path && l.line >= n.line && l.line <= n.end_line;
    });
    if (asks || said || ++told > 4) continue;
    auto& f = sink.find("PAY-002", n.at.at, n.at.shown);
    f.title = "An order keeps whatever payment the client names, and the provider is never asked";
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source
