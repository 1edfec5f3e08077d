#include "audit/source/unlearned_payments.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/entitlements.h"
#include "audit/source/money_words.h"
#include "audit/source/payment_openers.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 100;

// stripe_webhook: a door, or a task of it; STRIPE_WEBHOOK_SECRET alone is a setting that waits for one.
bool names_hook(const Code& code) {
  if (!icontains_any(code, {"stripe_webhook", "stripewebhook"})) return false;
  const std::string low = text::to_lower(code);
  for (const std::string_view name : {"stripe_webhook", "stripewebhook"})
    for (std::size_t at = low.find(name); at != std::string::npos; at = low.find(name, at + 1)) {
      std::string_view rest = std::string_view(low).substr(at + name.size());
      if (rest.starts_with("_")) rest.remove_prefix(1);
      if (!rest.starts_with("secret") && !rest.starts_with("key") && !rest.starts_with("signing")) return true;
    }
  return false;
}

// STRIPE_WEBHOOK_SECRET = os.getenv(…), in the settings
void note_setting(const File& file, UnlearnedPayments& notes) {
  if (notes.setting || !icontains_any(file.code(), {"webhook_secret", "webhooksecret", "webhook_signing"})) return;
  for (const char* type : {"assignment", "pair"})
    for (const Node a : file.tree.all(type)) {
      const Code left = (a.is("pair") ? a.child("key") : a.child("left")).code();
      if (left.size() > 60 || !icontains(left, "webhook") || !icontains_any(left, {"secret", "signing"})) continue;
      notes.setting = Spot{place(file.path, a.line()), file.shown(a)};
      return;
    }
}

bool takes_events(const File& file) {
  if (has_word(file.path, {"webhook", "webhooks", "ipn"}) ||
      (has_word(file.path, {"hook", "hooks"}) && has_word(file.path, {"stripe", "payment", "payments", "billing"})))
    return true;
  return icontains_any(file.code(), {"constructevent",
                                     "construct_event",
                                     "stripe-signature",
                                     "stripe_signature",
                                     "x-razorpay-signature",
                                     "x-paystack-signature",
                                     "checkout.session.completed",
                                     "payment_intent.succeeded",
                                     "payment.captured",
                                     "verify_header",
                                     "verifyheader",
                                     "webhooks.unwrap",
                                     "webhook_endpoint",
                                     "notification_url",
                                     "notify_url",
                                     "callback_url",
                                     "webhook_url",
                                     "webhookurl",
                                     "/webhook",
                                     "djstripe"}) ||
         names_hook(file.code());
}

// What somebody subscribes to is asked of the provider wherever it decides.
bool asks_provider(const Code& code) {
  return icontains_any(code, {"customer_subscriptions", "subscriptions.list(", "subscription.list(", "sessions.list(",
                              "session.list(", "data.subscriptions", "subscriptions.data", "subscriptions?.data",
                              "subscriptions.retrieve", "subscription.retrieve"});
}

// What still waits for its payment.
bool waits(const Code& code) {
  return icontains_any(code, {"pending", "created'", "created\"", "incomplete", "unpaid", "inactive", "processing",
                              "awaiting", "initiated", "draft", "requires"});
}

Node statement_call(Node at) {
  Node best;
  for (Node n = at; n && !is_function(n) && !n.is("function_definition"); n = n.parent())
    if (n.any_of("call", "call_expression")) best = n;
  return best ? best : at.parent();
}

// The answer of the call says whether it was paid, and somebody looks.
bool paid_at_once(const Code& code) {
  return icontains_any(code, {"confirm: true", "confirm=true", "confirm\": true", "charges.create", "charge.create",
                              "'succeeded'", "\"succeeded\"", "trial_period_days", "off_session", "status == \"paid\"",
                              "latest_invoice.payment_intent.status", ".capture("});
}

// subscription.status = made.status: as the provider says it.
bool says_as_told(Node f) {
  for (const char* type : {"assignment", "assignment_expression", "pair", "keyword_argument"})
    for (const Node a : f.all(type)) {
      const Node left = a.child("left") ? a.child("left") : a.child("key") ? a.child("key") : a.child("name");
      const Node value = unwrap(a.child("right") ? a.child("right") : a.child("value"));
      if (has_word(last(dotted(left)), {"status", "state"}) && value.any_of("attribute", "member_expression", "call") &&
          has_word(value.code(), {"status", "state"}) && !value.code().empty() &&
          (value.code()[0] < 'A' || value.code()[0] > 'Z'))
        return true;
    }
  return false;
}

// Stops: the dearest plan for opening its payment page, and closing it again.
void judge_early(File& file, const Call& c, Node f) {
  if (paid_at_once(f.code()) || takes_signed_events(f) || says_as_told(f)) return;
  for (const Entitlement& e : entitlements(file, f)) {
    if (e.kind == Entitlement::Kind::counts ? false : e.kind != Entitlement::Kind::flag || e.weak) continue;
    if (e.at.begin() < c.node.end()) continue;
    // What a branch does that does not open a payment is another thing.
    bool apart = false;
    for (Node up = e.at.parent(); up && !(up == f); up = up.parent())
      apart = apart ||
              (up.any_of("else_clause", "elif_clause", "except_clause", "catch_clause") && !c.node.inside(up)) ||
              (up.is("if_statement") && !c.node.inside(up) &&
               icontains_any(up.child("condition").code(), {"status", "paid", "free", "0", "succe"}));
    if (apart || waits(statement_call(e.at).code())) continue;
    const bool told = std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const auto& x) {
      return x.id == "PAY-002" && x.locations.front().path == file.path && x.locations.front().line >= f.line() &&
             x.locations.front().line <= f.end_line();
    });
    if (told) return;
    auto& found = file.hit("PAY-002", e.at);
    found.title = "What is sold is switched on when its payment is opened, before anything was paid";
    found.confidence = proof::Confidence::medium;
    found.fix = "Write it down as pending, and switch it on where the provider's event says that it was paid.";
    also(found, file, c.node);
    return;
  }
}

bool confirms(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "retrieve" || f == "retrieve_async")
    return icontains_any(
        c.name, {"sessions.retrieve", "session.retrieve", "paymentintents.retrieve", "paymentintent.retrieve"});
  if (f == "fetch") return icontains_any(c.name, {"razorpay.payments.", "razorpay.orders.", "instance.payments."});
  return f == "verify_payment_signature" || f == "validatePaymentVerification";
}

// def perform_create(self, serializer) of a view of orders: what the browser calls when it says that it has paid.
void note_ordered(const File& file, UnlearnedPayments& notes) {
  if (notes.ordered || !file.tree.python()) return;
  for (const Call& c : file.calls)
    if (c.name == "serializer.save" && has_word(c.node.above("class_definition").child("name").text(),
                                                {"order", "orders", "booking", "bookings", "purchase", "enrollment"})) {
      const Node f = outermost_function(c.node);
      const std::string name = function_name(f);
      if (name == "perform_create" || name == "create" || name == "post") {
        notes.ordered = Spot{place(file.path, c.line()), file.shown(c.node)};
        return;
      }
    }
}

}  // namespace

void read_unlearned_payments(File& file) {
  const Code code = file.code();
  auto& notes = file.project.notes<UnlearnedPayments>();
  if (has_word(file.path, {"test", "tests", "seed", "seeds", "mock", "mocks", "scripts"})) return;
  notes.told = notes.told || takes_events(file);
  note_setting(file, notes);
  notes.asked = notes.asked || (icontains(code, "subscription") && asks_provider(code));
  if (!file.tree.python() && client_file(file)) return;
  if (!icontains_any(code, {"sessions.create", "session.create", "paymentintent", "orders.create", "order.create",
                            "subscriptions.create", "subscription.create", "retrieve", "razorpay", "createcheckout",
                            "checkouts.create", "preapproval", "billing/subscriptions"}))
    return;
  const std::size_t before = notes.opened.size() + notes.subscribed.size();
  for (const Call& c : file.calls) {
    if (!may_open_payment(c) && !confirms(c)) continue;
    const Node f = outermost_function(c.node);
    if (!f || f.code().size() > 20'000) continue;
    if (confirms(c) && !notes.confirmed && !takes_signed_events(f))
      notes.confirmed = Spot{place(file.path, c.line()), file.shown(c.node)};
    const bool again = opens_subscription(file, c, f);
    if (!again && !opens_payment(c)) continue;
    judge_early(file, c, f);
    if (notes.opened.size() + notes.subscribed.size() < kMost && !icontains_any(f.code(), {"donat", "tip_", "paypal"}))
      (again ? notes.subscribed : notes.opened).push_back({place(file.path, c.line()), file.shown(c.node)});
  }
  if (notes.opened.size() + notes.subscribed.size() > before) note_ordered(file, notes);
  // hmac over order and payment, as Razorpay's own page tells it
  if (!notes.confirmed && icontains(code, "razorpay"))
    for (const Call& c : file.calls)
      if (last(c.name) == "createHmac" || c.name == "hmac.new") {
        notes.confirmed = Spot{place(file.path, c.line()), file.shown(c.node)};
        break;
      }
}

void judge_unlearned_payments(const Project& project, Sink& sink) {
  const auto& notes = project.notes<UnlearnedPayments>();
  const auto& opened = notes.opened.empty() && !notes.asked ? notes.subscribed : notes.opened;
  if (notes.told || opened.empty()) return;
  const Spot& at = notes.confirmed ? *notes.confirmed : notes.ordered ? *notes.ordered : opened.front();
  // Stops: money that was taken from somebody who closed the tab, and a refund nobody hears of.
  auto& f = sink.find("PAY-002", at.at, at.shown);
  f.title = notes.confirmed
                ? "Only the buyer's browser tells that a payment was made: no webhook takes the provider's word"
                : "Payments are opened here, and nothing ever learns whether they were made";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  f.impact =
      "Who pays and closes the page has paid for nothing, and what happens later at the provider (renewals that fail, "
      "refunds, disputes) never becomes known.";
  f.fix =
      "Take the provider's events at a webhook that proves their signature, and unlock there; the page only shows it.";
  if (notes.setting) {
    f.locations.push_back(notes.setting->at);  // it waits for a webhook that is not there
    f.evidence.push_back(notes.setting->shown);
  }
  if (!notes.confirmed && !notes.ordered) return;
  f.locations.push_back(opened.front().at);
  f.evidence.push_back(opened.front().shown);
}

}  // namespace gatehouse::audit::source
