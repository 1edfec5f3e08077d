// Prices that a client names to whoever takes the money.
#include <algorithm>

#include "audit/source/door_heads.h"
#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_client.h"
#include "audit/source/python_routes.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool number(Node n) {
  n = unwrap(n);
  if (n.any_of("integer", "float")) return true;
  const std::string name = n.any_of("identifier", "attribute") ? dotted(n) : std::string();
  return !name.empty() && name.find('?') == std::string::npos &&
         std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// A sum that is the client's own: item.price, int(data["amount"] * 100), item.price * item.quantity. A quantity times
// a price of the shop's is not.
bool clients_sum(Node f, Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 6 || number(n)) return false;
  if (n.is("binary_operator")) {
    const Node left = n.child("left"), right = n.child("right");
    const bool a = clients_sum(f, left, depth + 1), b = clients_sum(f, right, depth + 1);
    if (n.has_token("+") || n.has_token("-")) return a || b;
    return (a && (b || number(right))) || (b && number(left));
  }
  if (const auto c = as_call(n)) {
    if (c->name == "int" || c->name == "round" || c->name == "float" || last(c->name) == "Decimal" ||
        c->name == "str" || c->name == "max" || c->name == "min")
      return clients_sum(f, c->arg(0), depth + 1);
    if (c->name == "sum") {
      const Node given = unwrap(c->arg(0));
      const Node made = given.first();
      return given.any_of("generator_expression", "list_comprehension") && clients_sum(f, made, depth + 1);
    }
  }
  if (n.is("identifier")) {
    bool sum = false, assigned = false;
    for (const char* type : {"assignment", "augmented_assignment"})
      for (const Node a : f.all(type))
        if (a.begin() < n.begin() && a.child("left").text() == n.text() && !n.inside(a)) {
          assigned = true;
          sum = sum || clients_sum(f, a.child("right"), depth + 1);
        }
    if (assigned) return sum;
  }
  return from_client(f, n) || sent_in(f, n);
}

bool takes_the_money(const Code& code) {
  return icontains_any(code, {"stripe.",
                              "paymentintent",
                              "payment_intents",
                              "checkout.session",
                              "razorpay",
                              "paypal",
                              "client.order.create",
                              "braintree",
                              "mollie",
                              "square",
                              "paystack",
                              "flutterwave",
                              "mercadopago",
                              "preference(",
                              "culqi",
                              "wompi",
                              "payu",
                              "midtrans",
                              "xendit",
                              "cashfree",
                              "phonepe",
                              "iyzi",
                              "sslcommerz",
                              "paytm",
                              "adyen"});
}

// if data.price_id not in PRICES: refuse
bool looked_up(Node f, Node value) {
  const std::string name(unwrap(value).code());
  for (const Node c : f.all("comparison_operator"))
    if (contains(c.code(), name) && contains(c.code(), " in ")) return true;
  return icontains_any(f.code(),
                       {"allowed_price", "valid_price", "validate_price", "price.retrieve", "prices.retrieve"});
}

// "transactions": [{"amount": {"total": …}}]
bool within_amount(Node at) {
  for (Node p = at.parent(); p && !p.is("function_definition"); p = p.parent())
    if (p.is("pair"))
      if (const auto key = literal(p.child("key"));
          key && (*key == "amount" || *key == "transactions" || *key == "purchase_units" || *key == "breakdown"))
        return true;
  return false;
}

// A gift is as large as the giver likes.
bool a_gift(Node f) {
  const std::string_view around = f.parent().is("decorated_definition") ? f.parent().code() : f.code();
  return icontains_any(around.substr(0, 600),
                       {"donat", "spende", "doacao", "donacion", "pledge", "fundrais", "charity"});
}

bool sold(std::string_view record) {
  return has_word(record, {"order",        "orders",  "orderitem", "bestellung", "pedido",   "booking",
                           "reservation",  "reserva", "buchung",   "invoice",    "purchase", "sale",
                           "compra",       "venta",   "position",  "checkout",   "rental",   "appointment",
                           "subscription", "ticket",  "rechnung",  "orderline",  "lineitem"});
}

// Order.objects.create(total=data["total"]): whoever fills the cart says what it costs.
bool judge_sold(File& file, Node f) {
  if (webhook_door(function_name(f)) || takes_signed_events(f) || admin_in_body(f)) return false;
  const Node cls = f.above("class_definition");
  if (cls && icontains_any(cls.code().substr(0, 800), {"isadminuser", "is_staff", "admin", "staff"})) return false;
  if (f.parent().is("decorated_definition") && icontains_any(f.parent().code().substr(0, 300), {"admin", "staff"}))
    return false;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    const bool klass = !m.empty() && m.front() >= 'A' && m.front() <= 'Z' && sold(m) && !m.ends_with("Serializer") &&
                       !m.ends_with("Form") && !m.ends_with("Response") && !m.ends_with("Out") &&
                       !m.ends_with("Schema") && !m.ends_with("Item Read");
    const bool made = (m == "create" || m == "update_or_create" || m == "get_or_create") &&
                      contains(c->name, ".objects.") && sold(c->name.substr(0, c->name.find(".objects.")));
    if (!klass && !made) continue;
    for (const auto& [key, value] : c->keywords) {
      if (!sum_of_money(key) || has_word(key, {"tax", "discount"}) || !clients_sum(f, value)) continue;
      if (std::none_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const proof::Finding& x) {
            return x.id == "PAY-001" && x.locations.front().path == file.path && x.locations.front().line >= f.line() &&
                   x.locations.front().line <= f.end_line();
          }))
        file.hit("PAY-001", value);
      return true;
    }
  }
  return false;
}

}  // namespace

// Stops: buying the dearest thing for a cent.
void read_python_prices(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    if (f.above("function_definition") || (!route_function(f) && door_head(file, f).empty())) continue;
    const std::string name = function_name(f);
    if (a_gift(f)) continue;
    if (judge_sold(file, f) || !takes_the_money(f.code())) continue;
    if (webhook_door(name) || takes_signed_events(f) || admin_in_body(f) ||
        has_word(name, {"donate", "donation", "tip", "refund", "transfer", "payout", "topup", "deposit", "wallet"}))
      continue;
    bool admin = false;
    depends_on_guard(file, f.child("parameters"), &admin);
    if (admin) continue;
    if (std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const proof::Finding& x) {
          return x.id == "PAY-001" && x.locations.front().path == file.path && x.locations.front().line >= f.line() &&
                 x.locations.front().line <= f.end_line();
        }))
      continue;
    const auto judge = [&](std::string_view key, Node value, Node at) {
      const bool inner = (key == "total" || key == "value") && within_amount(at);  // PayPal's
      if (key == "amount" || key == "unit_amount" || key == "unit_amount_decimal" || key == "unit_price" || inner) {
        if (!clients_sum(f, value)) return false;
        file.hit("PAY-001", at);
        return true;
      }
      // "price": price_id as it was sent: any price the account ever had.
      if (key != "price" || !at.above("dictionary") || !contains(f.code(), "line_items")) return false;
      if (unwrap(value).any_of("subscript", "call") && !contains(value.code(), "request")) {
        const Node of = unwrap(value).child("value");
        if (!of || !from_client(f, of)) return false;
      }
      if (!from_client(f, value) || looked_up(f, value)) return false;
      auto& found = file.hit("PAY-001", at);
      found.title = "The client names the provider's price it pays";
      found.severity = proof::Severity::medium;
      return true;
    };
    bool told = false;
    for (const Node p : f.all("pair"))
      if (const auto key = literal(p.child("key")); !told && key) told = judge(*key, p.child("value"), p);
    for (const Node k : f.all("keyword_argument"))
      if (const auto call = as_call(k.above("call")); !told && call && takes_the_money(call->name + "."))
        told = judge(k.child("name").text(), k.child("value"), k);
  }
}

}  // namespace gatehouse::audit::source
