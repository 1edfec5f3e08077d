#include "audit/source/refunds.h"

#include <algorithm>
#include <set>

#include "audit/source/data.h"
#include "audit/source/door_heads.h"
#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
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

bool over(std::string_view said) {
  return has_word(said, {"cancelled", "canceled", "refunded", "cancel", "storniert", "cancelado", "cancelada",
                         "gekuendigt", "reembolsado", "reembolsada", "erstattet", "inactive"});
}

bool given_back(std::string_view said) {
  return has_word(said, {"refunded", "reembolsado", "reembolsada", "erstattet", "refund"});
}

bool subscription(std::string_view name) {
  return has_word(name, {"subscription", "subscriptions", "membership", "memberships", "suscripcion", "assinatura",
                         "abo", "usersubscription", "sub"});
}

// What a word is written into, with what carries it: "order.status", "subscriptions update status".
struct Word {
  std::string into;
  std::string said;
  Node at;
};

std::vector<Word> words_written(const File& file, Node f) {
  std::vector<Word> out;
  const auto said = [](Node v) {
    v = unwrap(v);
    if (const auto text = literal(v)) return text->size() < 40 ? *text : std::string();
    return v.any_of("attribute", "member_expression") ? dotted(v) : std::string();
  };
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : f.all(type)) {
      const Node left = unwrap(a.child("left"));
      if (!left.any_of("attribute", "member_expression")) continue;
      if (std::string w = said(a.child("right")); over(w)) out.push_back({dotted(left), std::move(w), a});
    }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m != "update" && m != "updateMany" && m != "updateOne" && m != "update_one" && m != "findOneAndUpdate" &&
        m != "findByIdAndUpdate" && m != "set" && m != "updateDoc" && m != "upsert" && m != "query" && m != "execute")
      continue;
    std::string carrier = c->name;
    for (Node o = c->node.child("function").child("object"); o;) {
      const auto inner = as_call(unwrap(o));
      if (!inner) break;
      carrier += " " + inner->name + " " + literal(inner->arg(0)).value_or(dotted(inner->arg(0)));
      o = inner->node.child("function").child("object");
    }
    for (const auto& [key, value] : c->keywords)
      if (std::string w = said(value); over(w) && key != "where")
        out.push_back({carrier + " " + std::string(key), w, c->node});
    for (const Node a : c->args)
      for (const Node p : a.all("pair")) {
        // refunded: true; active: false, of a membership
        const std::string key = literal(p.child("key")).value_or(std::string(p.child("key").text()));
        const Node plain = unwrap(p.child("value"));
        const bool yes = plain.is("true") || plain.text() == "True", no = plain.is("false") || plain.text() == "False";
        if ((yes && given_back(key)) ||
            (no && has_word(key, {"active", "aktiv", "activo", "enabled", "premium", "pro"})))
          out.push_back({carrier + " " + key, yes ? "refunded" : "cancelled", p});
        bool condition = false;
        for (Node up = p.parent(); up && !(up == c->node); up = up.parent())
          condition = condition || (up.is("pair") && up.child("key").text() == "where");
        if (std::string w = said(p.child("value")); !condition && over(w))
          out.push_back({carrier + " " + std::string(p.child("key").text()), w, p});
      }
    if (const std::string sql = text::to_lower(literal(c->arg(0)).value_or(""));
        contains(sql, "update ") && icontains_any(sql, {"'cancelled'", "'canceled'", "'refunded'"}))
      out.push_back({sql.substr(0, sql.find(" where")), contains(sql, "refunded") ? "refunded" : "cancelled", c->node});
  }
  return out;
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
      for (const Word& w : words_written(file, f)) {
        const std::string around = w.into + " " + name;
        const bool back =
            given_back(w.said) &&
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
