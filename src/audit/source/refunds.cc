#include "audit/source/refunds.h"

#include <algorithm>
#include <set>

#include "audit/source/data.h"
#include "audit/source/door_heads.h"
#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/state_words.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 200;

struct Refunds {
  struct Ending {
    Spot at;
    std::string title;
    std::string python;           // of which language
    bool subscription = false;    // … or one payment
    bool promises = false;        // a sum that comes back, whoever may have taken it
    std::set<std::string> calls;  // one of which may ask the provider
  };
  std::vector<Ending> endings;
  bool takes_payments = false, sells_subscriptions = false;
  bool provider_ends = false;  // a customer portal of the provider's ends them there
};

bool subscription(std::string_view name) {
  return has_word(name, {"subscription", "subscriptions", "membership", "memberships", "suscripcion", "assinatura",
                         "abo", "usersubscription", "sub"});
}

// refunds.create(…), refund_payment(order); what only reckons or tells gives nothing back
bool refunds(std::string_view call) {
  return has_word(call, {"refund", "refunds"}) &&
         !has_word(last(call), {"calculate", "amount", "get", "is", "can", "eligible", "fee", "policy", "percent",
                                "mail", "email", "notify", "send", "save", "find", "log", "reckon", "compute"});
}

// delete my account: what was subscribed to goes on
Node deletes_account(const File& file, Node f) {
  std::string name = handler_name(f);
  if (name == "DELETE" || name == "delete" || name == "destroy" || name == "POST") {
    // app/api/user/delete/route.ts, class AccountView
    const std::size_t route = file.path.rfind("/route.");
    name += " " + std::string(route == std::string_view::npos ? "" : file.path.substr(0, route)) + " " +
            std::string(f.above("class_definition").child("name").text());
    if (has_word(name, {"api", "admin"}) && has_word(name, {"admin"})) return {};
  }
  if (!has_word(name, {"delete", "remove", "destroy", "close"}) || !has_word(name, {"account", "user", "me"}))
    return {};
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if ((m == "delete" || m == "deleteOne" || m == "findByIdAndDelete" || m == "destroy" || m == "deleteUser" ||
         m == "delete_one" || m == "deleteMany") &&
        has_word(c->node.child("function").code(),
                 {"user", "users", "account", "subscription", "profile", "current", "me"}))
      return c->node;
  }
  return {};
}

// try { await stripe.subscriptions.cancel(id) } catch { log } and the account goes all the same
// Stops: a subscription that is charged on, with no account left from which it could be ended.
void judge_vain_ends(File& file, Node f) {
  for (const Node attempt : f.all("try_statement")) {
    const auto parts = attempt.children();
    if (parts.size() < 2 || !icontains_any(parts.front().code(), {"subscriptions.cancel", "subscription.cancel",
                                                                  "subscriptions.del", "subscription.delete"}))
      continue;
    if (icontains_any(parts.front().code(), {".delete({", "deleteuser", ".delete()", "deleteone"})) continue;
    for (const Node c : parts) {
      if (!c.any_of("catch_clause", "except_clause")) continue;
      const Code code = c.code();
      if (contains(code, "return") || contains(code, "throw") || contains(code, "raise") ||
          icontains_any(code, {"retry", "queue", "resource_missing"}))
        continue;
      auto& found = file.hit("PAY-009", c);
      found.title = "The account goes though its subscription could not be ended";
      found.fix = "Stop, or keep what is to be ended and try again, before the account is deleted.";
      return;
    }
  }
}

}  // namespace

void read_refunds(File& file) {
  auto& notes = file.project.notes<Refunds>();
  const Code code = file.code();
  if (icontains_any(code,
                    {"subscriptions.create", "subscription.create(", "mode: 'subscription'", "mode: \"subscription\"",
                     "mode=\"subscription\"", "mode='subscription'", "stripe.subscription", "subscriptions.cancel",
                     "subscriptions.update", "stripe_subscription", "stripesubscription", "customersubscriptions",
                     "createsubscription", "customer.subscription"}))
    notes.sells_subscriptions = true;
  if (icontains_any(code, {"paymentintents.create", "paymentintent.create", "checkout.sessions.create",
                           "checkout.session.create", "charges.create", "charge.create", "razorpay", "orders.create(",
                           "payment_intent", "paymentintent", "paypal", "mollie", "paystack", "braintree", "adyen"}))
    notes.takes_payments = true;
  if (icontains_any(code, {"billingportal", "billing_portal", "customerportal", "customer_portal"}))
    notes.provider_ends = true;
  if (!icontains_any(code, {"cancel", "refund", "deleteaccount", "delete_account", "deleteuser", "storn", "kuendig",
                            "reembols", "erstatt", "delete"}))
    return;
  if (!file.tree.python() && client_file(file)) return;
  if (webhook_door(file.path) ||
      has_word(file.path, {"seed", "cron", "jobs", "tasks", "scripts", "migrations", "worker"}))
    return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (notes.endings.size() >= kMost) return;
      const std::string name = handler_name(f);
      if (function_around(f) && name.empty() && !f.is("method_definition") && f.parent().is("arguments") &&
          !door_head(file, f).size())
        continue;
      const Code own = f.code();
      if (own.size() > 20'000 || webhook_door(name) || takes_signed_events(f) ||
          icontains_any(own, {"event.type", "event[\"type\"]", "event['type']", "constructevent", "construct_event"}) ||
          has_word(name, {"handle", "on", "webhook", "sync", "expire", "expired"}))
        continue;
      if (icontains(own, "cancel") && deletes_account(file, f)) judge_vain_ends(file, f);
      // Known by the provider's own id: that is what an event brings.
      if (icontains_any(own,
                        {"stripesubscriptionid", "stripe_subscription_id", "providersubscriptionid", "stripe_id="}) &&
          !takes_from_client(own))
        continue;
      Refunds::Ending e;
      e.python = file.tree.python() ? "yes" : "";
      for (const StateWord& w : state_words(file, f)) {
        if (!over_word(w.said)) continue;
        const std::string around = w.into + " " + name;
        const bool back =
            given_back_word(w.said) &&
            has_word(around,
                     {"order",    "payment",   "status",        "booking", "transaction", "refund",   "invoice",
                      "estado",   "purchase",  "paymentstatus", "orders",  "payments",    "bookings", "transactions",
                      "invoices", "purchases", "state",         "returns", "tickets",     "ticket",   "reservation"});
        const bool ended = subscription(w.into) && !has_word(w.into, {"plan", "push", "newsletter", "email"});
        if (!back && !ended) continue;
        e.at = {place(file.path, w.at.line()), file.shown(w.at)};
        e.subscription = !back;
        e.promises = back && icontains_any(own, {"refund_amount", "refundamount", "refund processed",
                                                 "refund_processed", "refundprocessed", "amount_refunded"});
        e.title = back ? "Money is said to be given back, and the provider never hears of it"
                       : "A subscription is said to be over, and goes on being charged";
        break;
      }
      if (e.at.at.line == 0)
        if (const Node gone = deletes_account(file, f)) {
          e.at = {place(file.path, gone.line()), file.shown(gone)};
          e.subscription = true;
          e.title = "The account is deleted, and its subscription goes on being charged";
        }
      if (e.at.at.line == 0) continue;
      bool asks = false;
      for (const Call* c : file.calls_in(body(f))) {
        asks = asks || asks_for_proof(c->name) || icontains_any(c->name, {"subscriptions.", "cancelsub"}) ||
               refunds(c->name);
        if (e.calls.size() < 60) e.calls.insert(std::string(last(c->name)));
      }
      if (!asks) notes.endings.push_back(std::move(e));
    }
}

void judge_refunds(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Refunds>();
  int told = 0;
  for (const Refunds::Ending& e : notes.endings) {
    if (e.subscription ? !notes.sells_subscriptions
                       : !notes.takes_payments && !notes.sells_subscriptions && !e.promises)
      continue;
    const Unpaid& known = e.python.empty() ? project.notes<ScriptNotes>().unpaid : project.notes<PythonNotes>().unpaid;
    bool asks = false;
    for (const std::string& call : e.calls) {
      const auto [from, to] = known.functions.equal_range(call);
      if (std::distance(from, to) > 3) continue;
      for (auto it = from; it != to; ++it) asks = asks || it->second.asks;
    }
    if (asks || ++told > 5) continue;
    sink.find("PAY-009", e.at.at, e.at.shown).title = e.title;
  }
}

}  // namespace gatehouse::audit::source
