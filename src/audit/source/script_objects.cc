#include "audit/source/script_objects.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool provider_object(std::string_view name) {
  static constexpr std::string_view kCalls[] = {"subscriptions.update",
                                                "subscriptions.cancel",
                                                "subscriptions.del",
                                                "subscriptions.retrieve",
                                                "subscriptions.resume",
                                                "paymentMethods.detach",
                                                "paymentMethods.attach",
                                                "paymentMethods.update",
                                                "paymentMethods.retrieve",
                                                "refunds.create",
                                                "invoices.retrieve",
                                                "invoices.pay",
                                                "invoices.voidInvoice",
                                                "invoices.sendInvoice",
                                                "customers.update",
                                                "customers.del",
                                                "customers.retrieve",
                                                "customers.listPaymentMethods",
                                                "paymentIntents.cancel",
                                                "paymentIntents.capture",
                                                "subscriptionItems.update",
                                                "subscriptionItems.del",
                                                "subscriptionSchedules.cancel",
                                                "paymentMethods.list",
                                                "invoices.list",

                                                "charges.list"};
  return icontains(name, "stripe") &&
         std::any_of(std::begin(kCalls), std::end(kCalls), [&](std::string_view c) { return name.ends_with(c); });
}

namespace {

// As it came: a name the client filled, or a part of the body.
bool sent(Node value, const HandlerNames& names) {
  value = unwrap(value);
  if (value.any_of("identifier", "shorthand_property_identifier")) {
    const std::string name(value.text());
    return names.client.contains(name);
  }
  if (!value.is("member_expression")) return false;
  const std::string object = dotted(unwrap(value.child("object")));
  return sent_object(object) || names.body.contains(object) || object.ends_with("params") ||
         object.ends_with("searchParams");
}

// Somewhere what was named is held against the one who named it.
bool compared(const File& file, Node handler, Node value) {
  const Code code = body(handler).code();
  if (icontains_any(code,
                    {"metadata", ".customer ===", ".customer !==", ".customer !=", "=== customerid", "!== customerid",
                     "=== user.stripe", "!== user.stripe", "belongsto", "isowner", "ownership", "403", "forbidden"}))
    return true;
  const std::string_view name =
      unwrap(value).is("member_expression") ? unwrap(value).child("property").text() : unwrap(value).text();
  for (const Touch& t : touches(file, body(handler)))
    if (has_token(t.condition, name)) return true;
  for (const char* type : {"binary_expression"})
    for (const Node b : body(handler).all(type)) {
      if (!b.has_token("===") && !b.has_token("!==") && !b.has_token("==") && !b.has_token("!=")) continue;
      const Node l = unwrap(b.child("left")), r = unwrap(b.child("right"));
      const bool of_it = (has_token(l.code(), name) && !literal(r) && !r.any_of("null", "undefined")) ||
                         (has_token(r.code(), name) && !literal(l));
      if (of_it) return true;
    }
  return false;
}

// Stops: another's subscription cancelled, another's card taken away, by an id that stands in an address or a mail.
std::optional<Spot> named_by_client(const File& file, Node handler, const HandlerNames& names) {
  for (const Call* c : file.calls_in(body(handler))) {
    if (!provider_object(c->name)) continue;
    Node value = unwrap(c->arg(0));
    if (value.is("object"))
      for (const char* key : {"payment_intent", "charge", "subscription", "customer", "invoice"})
        if (const Node v = member(value, key); v && !value.any_of("identifier", "member_expression")) value = v;
    if (!value || value.is("object") || !sent(value, names) || compared(file, handler, value)) continue;
    return Spot{place(file.path, c->line()), file.shown(c->node)};
  }
  return std::nullopt;
}

bool balance(std::string_view key) {
  return has_word(key, {"credits", "credit", "balance", "wallet", "points", "coins", "funds", "tokens"}) &&
         !has_word(key, {"id", "at", "limit", "max", "card", "fcm", "push", "device"});
}

bool raises(Node value) {
  const Code code = value.code();
  if (contains(code, "increment")) return !contains(code, "increment: -");
  const Node v = unwrap(value);
  return v.is("binary_expression") && v.has_token("+");
}

// Stops: paid credits without end, for one request each.
void judge_gifts(File& file, Node handler) {
  const Code code = body(handler).code();
  if (icontains_any(
          code, {"stripe", "paypal", "constructevent", "retrieve(", "referr",       "coupon",  "promo",  "voucher",
                 "daily",  "claim",  "bonus",          "reward",    "streak",       "checkin", "verify", "signature",
                 "redeem", "fetch(", "replicate",      "openai",    "generatetext", "isadmin", "role"}))
    return;
  const std::vector<Touch> all = touches(file, body(handler));
  for (const Touch& t : all) {
    if (t.kind != Touch::Kind::change) continue;
    Node raised;
    for (const Node p : t.whole.all("pair"))
      if (balance(p.child("key").text()) && raises(p.child("value"))) raised = p;
    if (!raised) continue;
    // What is given back when something failed is owed.
    if (t.call.above("catch_clause")) continue;
    Node branch = t.call.above("if_statement");
    if (!branch || !branch.inside(handler)) branch = body(handler);
    const bool looks_up = std::any_of(all.begin(), all.end(), [&](const Touch& other) {
      const bool reads = other.kind == Touch::Kind::one || other.kind == Touch::Kind::list;
      return (reads || other.kind == Touch::Kind::remove) && other.record != t.record;
    });
    // What one pays in is another's to check: a transfer takes it off somewhere.
    const bool takes = std::any_of(all.begin(), all.end(), [&](const Touch& other) {
      return other.call.inside(branch) && icontains_any(other.whole.code(), {"decrement", " - "});
    });
    if (looks_up || takes) continue;
    auto& f = file.hit("PAY-002", raised);
    f.title = "A balance grows whenever its owner asks for it";
    return;
  }
}

// amount <= 0, Number(amount) > 0
bool held_against_number(const Code& code, std::string_view name) {
  for (std::size_t at = code.find(name); at != std::string_view::npos; at = code.find(name, at + 1)) {
    std::string_view rest = code.substr(at + name.size(), 8);
    while (rest.starts_with(')') || rest.starts_with(' ')) rest.remove_prefix(1);
    if (!rest.starts_with('<') && !rest.starts_with('>')) continue;
    while (rest.starts_with('<') || rest.starts_with('>') || rest.starts_with('=') || rest.starts_with(' '))
      rest.remove_prefix(1);
    if (!rest.empty() && text::is_digit(rest.front())) return true;
  }
  return false;
}

// Stops: -1000 taken off, which is a gift to oneself.
void judge_sums(File& file, Node handler, const HandlerNames& names) {
  const Code code = handler.code();
  // trx("accounts").decrement("balance", amount)
  for (const Call* c : file.calls_in(body(handler))) {
    const auto column = last(c->name) == "decrement" ? literal(c->arg(0)) : std::nullopt;
    Node value = unwrap(c->arg(1));
    if (value.is("object")) value = unwrap(member(value, "by"));
    if (const auto n = as_call(value); n && n->name == "Number") value = unwrap(n->arg(0));
    if (!column || !balance(*column) || !value || !sent(value, names)) continue;
    const std::string name(value.is("member_expression") ? value.child("property").text() : value.text());
    if (held_against_number(code, name) ||
        icontains_any(code, {".positive(", ".min(", "math.abs(", "isinteger", "isint("}))
      continue;
    auto& f = file.hit("PAY-001", c->node);
    f.title = "What is taken off a balance is what the client says, less than nothing too";
    return;
  }
  for (const Touch& t : touches(file, body(handler))) {
    if (t.kind != Touch::Kind::change) continue;
    for (const Node p : t.whole.all("pair")) {
      const bool down = p.child("key").text() == "decrement" ||
                        (balance(p.child("key").text()) && unwrap(p.child("value")).is("binary_expression") &&
                         unwrap(p.child("value")).has_token("-"));
      if (!down) continue;
      Node value = unwrap(p.child("value"));
      if (value.is("binary_expression")) value = unwrap(value.child("right"));
      if (const auto c = as_call(value); c && (c->name == "Number" || c->name == "parseInt")) value = unwrap(c->arg(0));
      if (!sent(value, names)) continue;
      const std::string name(value.is("member_expression") ? value.child("property").text() : value.text());
      const bool looked =
          held_against_number(code, name) || icontains_any(code, {".positive(", ".min(", "math.abs(", ".nonnegative(",
                                                                  "isinteger", "isint(", "math.max("});
      if (looked) continue;
      auto& f = file.hit("PAY-001", p);
      f.title = "What is taken off a balance is what the client says, less than nothing too";
      return;
    }
  }
}

}  // namespace

std::optional<Spot> judge_objects(File& file, Node handler, const HandlerNames& names) {
  const Code code = handler.code();
  if (icontains_any(code, {"credit", "balance", "wallet", "points", "coins", "funds", "tokens"})) {
    judge_gifts(file, handler);
    judge_sums(file, handler, names);
  }
  return named_by_client(file, handler, names);
}

}  // namespace gatehouse::audit::source
