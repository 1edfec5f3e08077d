// Pages of a payment provider that are opened in the customer's name: which price, and where they lead to afterwards.
// The call often stands in a helper of its own, so what a handler hands to it is looked at once every file was read.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool opens_payment(const Call& c) {
  return c.name.ends_with("checkout.sessions.create") || c.name.ends_with("billingPortal.sessions.create") ||
         c.name.ends_with("paymentLinks.create") || c.name.ends_with("subscriptions.create");
}

// Something holds the choice against what the shop offers.
bool chosen_from(const Code& code) {
  return icontains_any(code, {".includes(", "price_ids", "priceids", "allowed", "whitelist", "validprice", ".has(",
                              "z.enum(", "prices.list", "prices.retrieve", "plans.find", "plans[", "prices[",
                              "is_valid", "startswith(", "new url("});
}

// … or what it is led back to, against one's own addresses: a list of prices that is asked for something else in the
// same function says nothing of them.
bool checked_address(const File& file, Node function, Node value) {
  const Code code = function.code();
  if (icontains_any(code, {"allowed", "whitelist", "trusted", "origins"})) return true;
  if (!icontains_any(code, {".includes(", ".has(", "startswith(", "new url("})) return false;
  if (!value.is("identifier")) return true;
  std::set<std::string_view> names{value.text()};
  for (const Node d : function.all("variable_declarator"))
    if (d.child("name").text() == value.text())
      for (const Node i : d.child("value").all("identifier")) names.insert(i.text());
  for (const Call* c : file.calls_in(function)) {
    const std::string_view f = last(c->name);
    if (f != "includes" && f != "has" && f != "startsWith" && c->name != "new URL") continue;
    for (const Node i : c->node.all("identifier"))
      if (names.contains(i.text())) return true;
  }
  return false;
}

bool leads_back(std::string_view key) { return key == "success_url" || key == "cancel_url" || key == "return_url"; }

// "0" for the first parameter, "0.priceId" for a part of a destructured one; empty when `name` is none.
std::string slot_of(Node function, std::string_view name) {
  int at = 0;
  for (Node p : function.child("parameters").children()) {
    if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
    if (p.is("identifier") && p.text() == name) return std::to_string(at);
    if (p.is("object_pattern"))
      for (const Node part : p.children())
        if (part.text() == name) return std::to_string(at) + "." + std::string(name);
    ++at;
  }
  return {};
}

void tell(proof::Finding& f, bool address) {
  if (address) {
    f.title = "The client chooses where the payment page sends people";
  } else {
    f.title = "The client names any price of the account";
    f.severity = proof::Severity::medium;
    f.fix = "Take the name of a plan from the client and look its price up on the server.";
  }
}

// Where an address begins: what follows the host may say anything.
Node beginning(Node value) {
  value = unwrap(value);
  while (value.is("binary_expression") && value.has_token("+")) value = unwrap(value.child("left"));
  if (!value.is("template_string")) return value;
  const Node first = value.first();
  return first.is("template_substitution") && value.code().starts_with("`${") ? unwrap(first.first()) : Node();
}

// `value` is what the request says: told at once, or noted when a caller hands it in.
void look(File& file, ScriptNotes& notes, Node function, Node at, Node value, bool address) {
  if (!value || literal(value) || (address ? checked_address(file, function, value) : chosen_from(function.code())))
    return;
  // PAGES[req.body.page] ?? PAGES.app: one of what the program lists
  Node listed = value;
  if (listed.is("binary_expression")) listed = unwrap(listed.child("left"));
  if (listed.is("subscript_expression") && !from_client(file, listed.child("object"))) return;
  if (from_client(file, value)) {
    tell(file.hit(address ? "EX-012" : "PAY-001", at), address);
    return;
  }
  const std::string slot = value.is("identifier") ? slot_of(function, value.text()) : std::string();
  if (!slot.empty())
    notes.payment_wishes.push_back(
        {function_name(function), slot, address, {place(file.path, at.line()), file.shown(at)}});
}

// Stops: PLAN_OF[subscription.items.data[0].price.id] ?? "pro", which whoever buys the cheapest thing of the account is
// given.
void judge_unknown_prices(File& file) {
  if (!icontains_any(file.code(), {"constructevent", "customer.subscription", "checkout.session.completed"})) return;
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("??") && !b.has_token("||")) continue;
    const Node left = unwrap(b.child("left"));
    const auto value = literal(b.child("right"));
    if (!left.is("subscript_expression") || !value || value->empty() ||
        has_word(*value, {"free", "none", "unknown", "hobby", "basic", "default", "inactive"}))
      continue;
    const Node index = left.child("index");
    const std::string named(index.text());
    if (!has_word(named, {"price", "priceid", "variant", "product"})) continue;
    if (!has_word(left.child("object").text(), {"plan", "plans", "tier", "tiers", "price", "prices"})) continue;
    auto& f = file.hit("PAY-001", b);
    f.title = "A price that nobody knows is given the plan " + text::printable(*value);
    f.impact = "Whatever else of the account is bought, the cheapest or a retired price, opens what this plan opens.";
    f.fix = "Refuse a price that is not listed: answer with an error, so that the provider sends the event again.";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace

void read_checkout(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  judge_unknown_prices(file);
  for (const Call& c : file.calls) {
    const Node function = function_around(c.node);
    if (!function) continue;
    if (opens_payment(c)) {
      bool led = false;
      for (const Node p : c.node.all("shorthand_property_identifier"))  // success_url,
        if (leads_back(p.text()) && !led && from_client(file, p) && !checked_address(file, function, p)) {
          tell(file.hit("EX-012", p), true);
          led = true;
        }
      for (const Node p : c.node.all("pair")) {
        const std::string_view key = p.child("key").text();
        if (leads_back(key) && !led) {
          const std::size_t before = notes.payment_wishes.size() + file.sink.findings().size();
          look(file, notes, function, p, beginning(p.child("value")), true);
          led = before != notes.payment_wishes.size() + file.sink.findings().size();  // one address tells enough
        } else if (key == "price" || key == "plan") {
          look(file, notes, function, p, unwrap(p.child("value")), false);
        }
      }
      continue;
    }
    const std::string_view f = last(c.name);
    if (!has_word(f, {"checkout", "session", "payment", "subscription", "portal", "subscribe", "purchase", "upgrade"}))
      continue;
    const bool chosen = chosen_from(function.code());
    for (std::size_t i = 0; i < c.args.size() && i < 8; ++i) {
      const Node a = unwrap(c.args[i]);
      const std::string slot = std::to_string(i);
      if (!chosen && !a.is("object") && from_client(file, a)) notes.handed_payments.insert({std::string(f), slot});
      if (!chosen && a.is("object")) {
        for (const Node part : a.children())
          if (part.is("shorthand_property_identifier") && from_client(file, part))
            notes.handed_payments.insert({std::string(f), slot + "." + std::string(part.text())});
        for (const auto& [key, value] : members(a))
          if (from_client(file, value)) notes.handed_payments.insert({std::string(f), slot + "." + key});
      }
    }
  }
}

void judge_checkout(const ScriptNotes& notes, Sink& sink) {
  std::set<std::pair<std::string, bool>> told;  // one address and one price a helper
  for (const PaymentWish& w : notes.payment_wishes)
    if (notes.handed_payments.contains({w.function, w.slot}) && told.insert({w.function, w.address}).second)
      tell(sink.find(w.address ? "EX-012" : "PAY-001", w.at.at, w.at.shown), w.address);
}

}  // namespace gatehouse::audit::source
