// Prices that come with what the browser put into its basket.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool price(std::string_view key) {
  return key == "price" || key == "unitPrice" || key == "unit_price" || key == "amount" || key == "cost" ||
         key == "unit_amount" || key == "totalPrice" || key == "subtotal" || key == "salePrice";
}

// Where a piece of the basket names its own price: item.price, ({ price }) of items.map(…).
Node priced(Node element, Node code) {
  if (element.is("identifier")) {
    for (const Node m : code.all("member_expression"))
      if (price(m.child("property").text()) && m.child("object").text() == element.text()) return m;
    return {};
  }
  for (const Node p : element.all("shorthand_property_identifier_pattern"))
    if (price(p.text())) return p;
  return {};
}

// (menu.find((m) => m.id === line.id)?.price || 0) * line.quantity
// Stops: dishes with an id nobody knows, which cost nothing and stand on the order all the same.
void judge_unknown_prices(File& file) {
  if (!icontains_any(file.code(), {"|| 0", "?? 0"})) return;
  for (const Node b : file.tree.all("binary_expression")) {
    if ((!b.has_token("||") && !b.has_token("??")) || unwrap(b.child("right")).text() != "0") continue;
    const Node left = unwrap(b.child("left"));
    if (!left.is("member_expression") || !price(left.child("property").text())) continue;
    const Node object = unwrap(left.child("object")), function = function_around(b);
    if (!function || !contains(left.code(), "?.")) continue;
    const Node found = object.is("identifier") ? unwrap(value_of(file, object)) : object;
    const auto c = as_call(found);
    if (!c || (last(c->name) != "find" && last(c->name) != "get")) continue;
    Node outer = function;
    for (Node up = function; up && !outer.is("method_definition"); up = function_around(up)) outer = up;
    const Code all = outer.code();
    // Whether each was found is asked: by name, or by how many there are.
    if (object.is("identifier") && contains(all, "!" + std::string(object.text()))) continue;
    if (icontains_any(all, {".length !==", ".length !=", ".every(", "not found", "notfound", "unknown item"})) continue;
    if (!icontains_any(all, {"paymentintents.create", "sessions.create", "orders.create", "order.create", ".insert(",
                             "unit_amount", "charges.create"}))
      continue;
    auto& found_here = file.hit("PAY-001", b);
    found_here.title = "What is not found in the list of prices costs nothing";
    found_here.confidence = proof::Confidence::medium;
    found_here.fix = "Refuse the order where one of its items is not found, or is not for sale.";
    return;
  }
}

}  // namespace

void read_prices(File& file) {
  if (client_file(file)) return;
  judge_unknown_prices(file);
  const auto paid_for = [](Node function) {
    return icontains_any(function.code(), {"stripe", "unit_amount", "razorpay", "paypal", "checkout", "order",
                                           "payment", "invoice", "paystack", "line_items", "preference"});
  };
  const auto tell = [&](Node basket, Node element, Node code) {
    const Node function = function_around(basket);
    if (!function || !paid_for(function) || !from_client(file, basket)) return;
    if (!touches(file, value_of(file, basket)).empty()) return;  // the shop's own records
    const Node at = priced(element, code);
    if (!at) return;
    // What the shop itself asks for stands beside it: a comparison, not a price.
    for (Node p = at.parent(); p && !(p == code); p = p.parent())
      if (p.is("binary_expression") &&
          (p.has_token("!==") || p.has_token("===") || p.has_token("!=") || p.has_token("==")))
        return;
    file.hit("PAY-001", at);
  };
  // NestJS: stripe.paymentIntents.create({ amount: body.amount })
  for (const Call& c : file.calls)
    if (icontains_any(c.name, {"stripe", "razorpay", "paypal", "paystack"}) && contains(file.code(), "@nestjs/common"))
      for (const char* key : {"amount", "unit_amount"})
        for (const Node p : c.node.child("arguments").all("pair"))
          if (p.child("key").text() == key && from_client(file, p.child("value"))) file.hit("PAY-001", p);
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "map" && f != "reduce" && f != "forEach" && f != "flatMap") continue;
    const Node function = unwrap(c.arg(0));
    if (!is_function(function)) continue;
    const auto parameters = function.child("parameters").children();
    const std::size_t which = f == "reduce" ? 1 : 0;
    Node element = function.child("parameter") && which == 0 ? function.child("parameter")
                   : parameters.size() > which               ? parameters[which]
                                                             : Node();
    if (element.any_of("required_parameter", "optional_parameter")) element = element.child("pattern");
    if (element) tell(unwrap(c.node.child("function").child("object")), element, body(function));
  }
  for (const Node loop : file.tree.all("for_in_statement"))
    if (loop.has_token("of")) tell(unwrap(loop.child("right")), loop.child("left"), loop.child("body"));
}

}  // namespace gatehouse::audit::source
