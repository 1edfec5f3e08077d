#include "audit/source/webhook_keys.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// RAZORPAY_KEY_SECRET of process.env.RAZORPAY_KEY_SECRET, config.get("RAZORPAY_KEY_SECRET"),
// settings.RAZORPAY_KEY_SECRET, and of what was given that value.
std::string setting_of(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 4) return {};
  if (!file.tree.python())
    if (const auto name = env_name(n)) return *name;
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "get" || f == "getOrThrow" || f == "getenv" || f == "config" || f == "env" || f == "str")
      return literal(c->arg(0)).value_or("");
    if (f == "encode" || f == "from" || f == "bytes")
      return setting_of(file, c->args.empty() ? c->node.child("function").child("object") : c->arg(0), depth + 1);
    return {};
  }
  if (n.any_of("subscript", "subscript_expression"))  // os.environ["X"]
    return literal(n.child(n.is("subscript") ? "subscript" : "index")).value_or("");
  if (n.is("binary_expression")) return setting_of(file, n.child("left"), depth + 1);
  const std::string name = dotted(n);
  for (const char* type : {"variable_declarator", "assignment", "assignment_expression", "public_field_definition"})
    for (const Node a : file.tree.all(type)) {
      const Node left = a.child("name") ? a.child("name") : a.child("left");
      const Node value = a.child("value") ? a.child("value") : a.child("right");
      if (!value || value == n || dotted(left) != name) continue;
      if (std::string found = setting_of(file, value, depth + 1); !found.empty()) return found;
    }
  return n.any_of("attribute", "member_expression") ? std::string(last(name)) : std::string();
}

// The name says what calls the provider, and not what its webhooks are signed with. Paystack signs with the key itself.
bool calls_provider(const std::string& setting) {
  if (has_word(setting, {"webhook", "hook", "endpoint", "signing", "whsec", "paystack"})) return false;
  return (icontains(setting, "razorpay") && has_word(setting, {"secret"})) ||
         (icontains(setting, "stripe") && has_word(setting, {"key"}) && has_word(setting, {"secret", "api"})) ||
         (icontains(setting, "paypal") && has_word(setting, {"client"}) && has_word(setting, {"secret"}));
}

// What speaks of a provider's events: the function itself, or one of this file that calls it.
bool for_events(const File& file, Node f) {
  const auto said = [](Node n) {
    return has_word(function_name(n), {"webhook", "webhooks"}) ||
           icontains_any(n.code(), {"x-razorpay-signature", "stripe-signature", "payment.captured"});
  };
  if (said(f)) return true;
  const std::string name = function_name(f);
  if (name.size() < 4) return false;
  for (const Call& c : file.calls)
    if (last(c.name) == name)
      if (const Node by = function_around(c.node); by && !(by == f) && said(by)) return true;
  return false;
}

}  // namespace

// Stops: events that never verify, so that somebody takes the check out; and one leak that opens both ways.
void judge_webhook_keys(File& file) {
  if (!icontains_any(file.code(), {"webhook", "signature"}) ||
      !icontains_any(file.code(), {"createhmac", "hmac.new", "constructevent", "construct_event",
                                   "validatewebhooksignature", "verify_webhook_signature"}))
    return;
  for (const Call& c : file.calls) {
    const std::string_view m = last(c.name);
    Node key;
    if (m == "constructEvent" || m == "construct_event" || m == "constructEventAsync" ||
        m == "validateWebhookSignature" || m == "verify_webhook_signature")
      key = c.arg(2) ? c.arg(2) : c.keyword("secret");
    else if (m == "createHmac")
      key = c.arg(1);
    else if (c.name == "hmac.new")
      key = c.arg(0);
    if (!key) continue;
    const Node f = function_around(c.node);
    if (!f || ((m == "createHmac" || c.name == "hmac.new") &&
               (!for_events(file, f) || icontains_any(f.code(), {"razorpay_order_id", "orderid", "order_id"}))))
      continue;
    const std::string setting = setting_of(file, key);
    if (!calls_provider(setting)) continue;
    auto& found = file.hit("SEC-012", c.node);
    found.title = "The key that calls the provider serves as the webhook's secret, too (" + setting + ")";
    found.confidence = proof::Confidence::medium;
    for (const char* type : {"string", "property_identifier", "identifier"})
      for (const Node n : file.tree.all(type))
        if (found.locations.size() < 2 && n.line() != c.line() &&
            (n.is("string") ? literal(n) == setting : n.text() == setting))
          also(found, file, n);
    found.fix = "Give the webhook the secret that the provider shows for it, in a setting of its own.";
    return;
  }
}

}  // namespace gatehouse::audit::source
