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

}  // namespace

void read_prices(File& file) {
  if (client_file(file)) return;
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
