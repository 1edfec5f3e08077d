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
  // A function of its own, or a route of Next: no middleware stands before it, so the file itself would ask. A library
  // that the pages use for their forms holds nothing here.
  const bool alone = contains(file.path, "supabase/functions/") || contains(file.path, "/route.");
  for (const char* library : {"zod", "joi", "yup", "express-validator", "celebrate", "ajv", "class-validator",
                              "valibot", "@hapi/joi", "superstruct", "arktype", "typebox", "@sinclair/typebox"})
    if (alone ? file.imports_from(library) || icontains_any(file.code(), {"schema", ".parse(", "safeparse"})
              : p.depends_on(library))
      return true;
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
    const Code f = c.child("function").code();
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

// What a server action is handed by name, and each piece of a list of that: lines.reduce((sum, l) => …, 0).
bool handed(const File& file, Node n) {
  Node root = n;
  while (root.is("member_expression")) root = unwrap(root.child("object"));
  if (!root.is("identifier")) return false;
  for (Node f = function_around(n); f; f = function_around(f)) {
    bool mine = false;
    for (const Node p : parameters_of(f)) mine = mine || has_token(p.code(), root.text());
    if (!mine) continue;
    const auto call = as_call(f.parent().parent());
    if (!call || !f.parent().is("arguments")) return begins_with_directive(file, "use server");
    const Node list = unwrap(call->node.child("function").child("object"));
    const std::string_view m = last(call->name);
    return (m == "map" || m == "reduce" || m == "forEach" || m == "flatMap") && list &&
           (from_client(file, list) || handed(file, list));
  }
  return false;
}

// What the client's number is called there, or nothing.
std::string sent(const File& file, Node n) {
  n = bare(n);
  if (!n.any_of("identifier", "member_expression", "shorthand_property_identifier")) return {};
  const std::string name(n.is("member_expression") ? n.child("property").text() : n.text());
  return quantity(name) && (from_client(file, n) || handed(file, n)) ? name : std::string();
}

bool basket(const Code& code) {
  return has_word(code, {"cart", "basket", "carrito", "warenkorb", "carrinho", "items", "item", "order", "orderitem",
                         "cartitem", "products", "line", "lines", "pedido", "panier"});
}

// coins: z.number().positive(): the schema of the file holds it against zero.
bool shaped(const File& file, std::string_view name) {
  const Code code = file.code();
  for (const std::string_view mark : {": z.", ": Joi.", ": yup.", ": v."})
    if (const std::size_t at = code.find(std::string(name) + std::string(mark)); at != std::string_view::npos)
      return icontains_any(code.substr(at, std::min(code.find('\n', at), at + 160) - at),
                           {"positive", "min(", "nonnegative", ".gt(", ".gte(", "minvalue", "enum(", "literal("});
  return false;
}

// Stops: minus a million coins, sent to somebody who so pays them.
void judge_moved(File& file) {
  if (!icontains_any(file.code(), {"decrement", "-= ", ": -", "increment"})) return;
  const auto tell = [&](Node at, Node value) {
    value = bare(value);
    if (!value.any_of("identifier", "member_expression", "shorthand_property_identifier")) return false;
    const std::string name(value.is("member_expression") ? value.child("property").text() : value.text());
    const Node f = function_around(at);
    const std::string said = dotted(value);
    const bool theirs = from_client(file, value) || said.starts_with("input.") || said.starts_with("parsedInput.");
    if (!f || !theirs || bounded(f, name) || shaped(file, name) || icontains_any(f.code(), {"isadmin", "admin"}))
      return false;
    auto& hit = file.hit("PAY-001", at);
    hit.title = "A sum of the client's may be negative, and so moves the other way";
    hit.severity = proof::Severity::high;
    hit.confidence = proof::Confidence::medium;
    return true;
  };
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (key == "decrement" && spendable(p.above("pair").child("key").text()) && tell(p, p.child("value"))) return;
    const Node value = unwrap(p.child("value"));
    if (value.is("unary_expression") && value.has_token("-") && (sum_of_money(key) || purse(key)) &&
        tell(p, value.child("argument")))
      return;
  }
  for (const Node a : file.tree.all("augmented_assignment_expression"))
    if (a.has_token("-=") && unwrap(a.child("left")).is("member_expression") &&
        purse(unwrap(a.child("left")).child("property").text()) && tell(a, a.child("right")))
      return;
}

}  // namespace

void read_quantities(File& file) {
  if (!client_file(file)) judge_moved(file);
  if (client_file(file) || validates(file)) return;
  if (!icontains_any(file.code(), {"qty", "quantity", "menge", "cantidad", "quantidade", "anzahl"})) return;
  if (!icontains_any(file.code(), {"price", "cart", "order", "basket", "preis", "precio", "carrito", "warenkorb"}))
    return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (function_around(f) && !f.is("method_definition")) continue;
      if ((!takes_from_client(f.code()) && !begins_with_directive(file, "use server")) ||
          icontains_any(f.code(), {"isadmin", "schema", "validat"}) ||
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
