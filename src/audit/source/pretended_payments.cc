#include "audit/source/pretended_payments.h"

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool pretends(const Code& code) {
  return icontains_any(code, {"mock", "fake", "simulat", "dummy", "emulat"}) && contains(code, "return") &&
         !icontains_any(code, {"throw", "raise"});
}

bool about_keys(const Code& condition) {
  return (contains(condition, "not ") || contains(condition, "!") || contains(condition, "is None")) &&
         icontains_any(condition, {"key", "secret", "stripe", "razorpay", "paypal", "paystack", "configured",
                                   "yookassa", "token"});
}

// The place is asked for: what a developer's desk does, production does not.
bool for_developers(Node at) {
  for (Node n = at; n; n = n.parent())
    if (n.is("if_statement") &&
        icontains_any(n.child("condition").code(), {"node_env", "production", "development", "debug", "isdev", "is_dev",
                                                    "test", "mock", "environment", "import.meta.env.dev"}))
      return true;
  return false;
}

bool about_payments(const File& file, Node f) {
  return has_word(function_name(f),
                  {"payment", "payments", "checkout", "charge", "pay", "intent", "order", "subscription", "refund"}) ||
         has_word(file.path, {"payment", "payments", "stripe", "checkout", "billing", "razorpay", "paypal"});
}

}  // namespace

// Stops: goods given away by a deployment that forgot a variable, or whenever the provider is out of reach.
void read_pretended_payments(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"mock", "fake", "simulat", "dummy", "emulat"}) ||
      !icontains_any(code, {"payment", "checkout", "stripe", "razorpay", "paypal", "paystack", "yookassa"}) ||
      has_word(file.path, {"test", "tests", "mock", "mocks", "seed", "fixtures", "stories", "demo"}))
    return;
  const auto tell = [&](Node at, std::string_view title) {
    auto& f = file.hit("PAY-002", at);
    f.title = std::string(title);
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
    f.impact = "A deployment without its keys starts, and whoever buys goes on as if it had been paid.";
    f.fix = "Refuse to start without the keys, and answer 503 while the provider is out of reach.";
  };
  for (const Node i : file.tree.all("if_statement")) {
    const Node f = function_around(i);
    if (!f || !about_payments(file, f) || !about_keys(i.child("condition").code()) ||
        !pretends(i.child("consequence").code()) || i.child("consequence").code().size() > 1'200 || for_developers(i))
      continue;
    tell(i, "Without its keys the shop pretends that a payment was opened or made");
    return;
  }
  for (const char* type : {"catch_clause", "except_clause"})
    for (const Node c : file.tree.all(type)) {
      const Node f = function_around(c);
      if (!f || !about_payments(file, f) || !pretends(c.code()) || c.code().size() > 1'200 || for_developers(c))
        continue;
      tell(c, "When the provider fails, the shop pretends that a payment was opened or made");
      return;
    }
}

}  // namespace gatehouse::audit::source
