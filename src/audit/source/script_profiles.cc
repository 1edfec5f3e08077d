#include "audit/source/script_profiles.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Handler {
  const File& file;
  Node function;
  std::string name;  // what it is a door for
  ClientData sent;

  bool names(std::string_view field) const {
    return std::any_of(sent.fields.begin(), sent.fields.end(), [&](const auto& f) { return f.first == field; });
  }
  // email, body.email, req.body.email: as it came
  bool as_sent(Node value, std::string_view field) const {
    value = unwrap(value);
    if (value.is("binary_expression")) return as_sent(value.child("left"), field);
    if (value.any_of("identifier", "shorthand_property_identifier")) return value.text() == field && names(field);
    if (!value.is("member_expression") || value.child("property").text() != field) return false;
    const std::string object = dotted(value.child("object"));
    return body_object(object) || sent.wholes.contains(object);
  }
};

// Stops: money out of nothing: a purse that takes whatever sum its owner says was paid.
void judge_credit(File& file, const Handler& h) {
  const bool credits = has_word(h.name, {"credit", "topup", "recharge"}) ||
                       (has_word(h.name, {"add", "top", "load", "deposit"}) &&
                        has_word(h.name, {"balance", "funds", "credits", "wallet", "money", "coins", "points", "up"}));
  if (!credits || has_word(h.name, {"card", "admin", "note", "score", "check", "get"})) return;
  const Code code = h.function.code();
  if (!asks_identity(code) ||
      !icontains_any(std::string(file.path) + std::string(code), {"wallet", "balance", "credits"}) ||
      icontains_any(
          code, {"stripe", "razorpay", "paypal", "paystack", "payment", "checkout", "verify", "constructevent", "admin",
                 "role", "flutterwave", "transactionid", "reference", "promo", "coupon"}))
    return;
  for (const auto& [key, at] : h.sent.fields) {
    if (key != "amount" && key != "credits" && key != "coins" && key != "points" && key != "value" && key != "sum")
      continue;
    const auto all = file.calls_in(body(h.function));
    const bool handed = std::any_of(all.begin(), all.end(), [&wanted = key](const Call* c) {
      return !c->name.starts_with("console.") && !answers(*c) && last(c->name) != "Number" &&
             has_token(c->node.child("arguments").code(), wanted);
    });
    if (!handed) continue;
    auto& f = file.hit("PAY-002", at);
    f.title = "Whoever asks is credited with the sum he names";
    f.severity = proof::Severity::critical;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

// Stops: minus five pieces, which make the sum smaller, or the balance greater.
void judge_negative(File& file, const Handler& h) {
  for (const auto& [key, at] : h.sent.fields) {
    if (key != "quantity" && key != "qty") continue;
    const Code code = h.function.code();
    if (icontains_any(code, {"<= 0", "< 1", "<1", "<=0", "> 0", ">0", ">= 1", ">=1", "< 0", "<0", "positive",
                             "math.abs", "math.max", "validate", "safeparse", ".parse(", "isint", "min("}))
      return;
    for (const Node b : body(h.function).all("binary_expression")) {
      if (!b.has_token("*")) continue;
      const bool left = has_token(b.child("left").code(), key), right = has_token(b.child("right").code(), key);
      const Node price = left ? b.child("right") : b.child("left");
      if ((!left && !right) || !icontains_any(price.code(), {"price", "cost", "amount"})) continue;
      auto& f = file.hit("PAY-001", b);
      f.title = "How many is what the client says, below nothing too";
      f.severity = proof::Severity::medium;
      f.confidence = proof::Confidence::medium;
      return;
    }
  }
}

// Stops: an answer that was made for its owner and kept under a key that anybody may name.
void judge_kept_answer(File& file, const Handler& h) {
  const Code code = h.function.code();
  if (!icontains_any(code, {"redis", "cache"}) || !asks_identity(code)) return;
  const HandlerNames names = handler_names(file, h.function);
  for (const Call* c : file.calls_in(body(h.function))) {
    if (last(c->name) != "get" || !icontains_any(c->name, {"redis", "cache"})) continue;
    const Node key = value_of(file, c->arg(0));
    const auto parts = holes(key);
    const auto given = [&](Node n) {
      return std::any_of(names.client.begin(), names.client.end(),
                         [&](const std::string& x) { return has_token(n.code(), x); }) ||
             takes_from_client(n.code());
    };
    const bool by_id = std::any_of(parts.begin(), parts.end(), [&](Node n) {
      const std::string said = dotted(unwrap(n));
      const std::string_view name = last(said);
      return given(n) && (name == "id" || name.ends_with("Id") || name.ends_with("_id"));
    });
    const bool owned = std::any_of(parts.begin(), parts.end(), [&](Node n) {
      return !given(n) && icontains_any(n.code(), {"user", "owner", "tenant", "session", "account", "sub"});
    });
    if (!by_id || owned ||
        has_word(std::string(file.path) + h.name, {"product", "products", "post", "posts", "article"}))
      continue;
    // Before the cache is asked, nobody looked whose it is.
    bool looked = false;
    for (const Touch& t : touches(file, body(h.function))) looked = looked || t.call.begin() < c->node.begin();
    if (looked) continue;
    file.hit("AZ-001", c->node).title = "An answer is kept under a key that does not say whose it is";
    return;
  }
}

}  // namespace

void read_profiles(File& file) {
  if (client_file(file)) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = parameters_of(f);
      if (parameters.empty() || !request_name(parameters.front().text())) continue;
      const Handler h{file, f, door_name(file, f), client_data(file, f)};
      if (h.sent.fields.empty()) continue;
      judge_credit(file, h);
      judge_negative(file, h);
      judge_kept_answer(file, h);
    }
}

}  // namespace gatehouse::audit::source
