// Quantities a client names that nobody asks whether they are more than nothing.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/door_heads.h"
#include "audit/source/money_words.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Something holds what is sent against a shape before the handler sees it.
bool validates(const File& file) {
  const Project& p = file.project;
  for (const char* library : {"zod", "joi", "yup", "express-validator", "celebrate", "ajv", "class-validator",
                              "valibot", "@hapi/joi", "superstruct", "arktype", "typebox", "@sinclair/typebox"})
    if (p.depends_on(library)) return true;
  return false;
}

// qty < 1, quantity <= 0, !(n > 0), Number.isInteger(qty), Math.max(1, qty)
bool bounded(Node function, std::string_view name) {
  for (const Node b : function.all("binary_expression")) {
    if (!b.has_token("<") && !b.has_token(">") && !b.has_token("<=") && !b.has_token(">=")) continue;
    const Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
    if ((l.is("number") && has_token(r.code(), name)) || (r.is("number") && has_token(l.code(), name))) return true;
  }
  for (const Node c : function.all("call_expression")) {
    const std::string_view f = c.child("function").code();
    if (has_token(c.child("arguments").code(), name) &&
        (f.ends_with("abs") || f.ends_with("isInteger") || f.ends_with("Math.max") || f.ends_with("clamp") ||
         icontains(f, "valid") || icontains(f, "positive")))
      return true;
  }
  return false;
}

Node bare(Node n) {
  n = unwrap(n);
  for (int i = 0; i < 3; ++i) {
    const auto c = as_call(n);
    if (!c || (c->name != "Number" && c->name != "parseInt" && c->name != "parseFloat" && c->name != "Number.parseInt"))
      break;
    n = unwrap(c->arg(0));
  }
  if (n.is("binary_expression") && (n.has_token("||") || n.has_token("??"))) n = unwrap(n.child("left"));
  return n;
}

// What the client's number is called there, or nothing.
std::string sent(const File& file, Node n) {
  n = bare(n);
  if (!n.any_of("identifier", "member_expression", "shorthand_property_identifier")) return {};
  const std::string name(n.is("member_expression") ? n.child("property").text() : n.text());
  return quantity(name) && from_client(file, n) ? name : std::string();
}

bool basket(std::string_view code) {
  return has_word(code, {"cart", "basket", "carrito", "warenkorb", "carrinho", "items", "item", "order", "orderitem",
                         "cartitem", "products", "line", "lines", "pedido", "panier"});
}

}  // namespace

void read_quantities(File& file) {
  if (client_file(file) || validates(file)) return;
  if (!icontains_any(file.code(), {"qty", "quantity", "menge", "cantidad", "quantidade", "anzahl"})) return;
  if (!icontains_any(file.code(), {"price", "cart", "order", "basket", "preis", "precio", "carrito", "warenkorb"}))
    return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (function_around(f) && !f.is("method_definition")) continue;
      if (!takes_from_client(f.code()) || icontains_any(f.code(), {"isadmin", "schema", "validat"}) ||
          has_word(handler_name(f) + " " + std::string(file.path),
                   {"admin", "stock", "inventory", "product", "restock"}))
        continue;
      Node found;
      std::string name;
      const auto take = [&](Node at, Node value) {
        if (found) return;
        const std::string said = sent(file, value);
        if (said.empty() || bounded(f, said)) return;
        found = at;
        name = said;
      };
      // item.qty += qty, item.quantity = quantity
      for (const char* kind : {"augmented_assignment_expression", "assignment_expression"})
        for (const Node a : f.all(kind))
          if (const Node left = unwrap(a.child("left")); left.is("member_expression") && !a.has_token("-="))
            if (quantity(left.child("property").text())) take(a, a.child("right"));
      // price * qty
      for (const Node b : f.all("binary_expression"))
        if (b.has_token("*"))
          for (const auto& [one, other] : {std::pair{"left", "right"}, std::pair{"right", "left"}})
            if (has_word(b.child(other).code(), {"price", "cost", "preis", "precio", "preco", "prix", "rate"}))
              take(b, b.child(one));
      // cart.items.push({ product, qty }), CartItem.create({ quantity })
      for (const Call* c : file.calls_in(f)) {
        const std::string_view m = last(c->name);
        if ((m != "push" && m != "create" && m != "insert" && m != "upsert" && m != "update" && m != "updateOne" &&
             m != "findOneAndUpdate" && !c->name.starts_with("new ")) ||
            !basket(c->name))
          continue;
        for (const Node p : c->node.all("pair"))
          if (quantity(p.child("key").text())) take(p, p.child("value"));
        for (const Node p : c->node.all("shorthand_property_identifier"))
          if (quantity(p.text())) take(p, p);
      }
      if (!found) continue;
      const bool told =
          std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const proof::Finding& x) {
            return x.id == "PAY-001" && x.locations.front().path == file.path && x.locations.front().line >= f.line() &&
                   x.locations.front().line <= f.end_line();
          });
      if (told) continue;
      // Stops: minus three of the dear thing, which pay for the rest of the cart.
      auto& hit = file.hit("PAY-001", found);
      hit.title = "A quantity of the client's may be negative, and lowers what is paid";
      hit.severity = proof::Severity::medium;
      hit.confidence = proof::Confidence::medium;
    }
}

}  // namespace gatehouse::audit::source
