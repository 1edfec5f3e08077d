#include "audit/source/confirmed_payments.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/entitlements.h"
#include "audit/source/money_words.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// The number by which a provider knows a payment, among one's own columns or in a request.
bool provider_number(std::string_view key) {
  return has_word(key, {"session",   "intent",   "razorpay", "paypal", "stripe",   "transaction", "txn",
                        "reference", "ref",      "checkout", "charge", "provider", "receipt",     "paystack",
                        "payment",   "external", "pidx",     "tx",     "capture",  "gateway",     "trx"}) &&
         !has_word(key, {"customer", "status", "method", "user", "amount", "date", "at", "type", "mode", "paid"});
}

// A call that asks the provider about one payment, or the text of an address that does.
Node proof_of(const File& file, Node f) {
  const Code code = f.code();
  if (!icontains_any(code, {"retrieve", "capture", "verify", "lookup", "payments.", "payment.", "orders.", "checkout",
                            "getorder", "get_order", "find_one", "transaction"}))
    return {};
  for (const Call* c : file.calls_in(f)) {
    const std::string_view m = last(c->name);
    const bool names =
        icontains_any(c->name, {"session", "intent", "charge", "order", "payment", "transaction", "mollie"});
    if ((m == "retrieve" || m == "retrieve_async" || m == "capture" || m == "find_one") && names &&
        !icontains_any(c->name, {"subscription", "customer", ".objects", "prisma", "repository", "model"}) &&
        c->name.find('.') != std::string::npos && !c->args.empty() && !unwrap(c->arg(0)).is("object"))
      return c->node;
    if (m == "verify_payment_signature" || m == "validatePaymentVerification" || m == "OrdersCaptureRequest")
      return c->node;
    if (m == "get" || m == "post" || m == "fetch" || m == "request" || c->name == "axios" || c->name == "axios.post" ||
        c->name == "axios.get") {
      const Node a = unwrap(c->arg(0));
      if (!a) continue;
      const std::string said = literal(a).value_or(spoken(a));
      if (icontains_any(said, {"transaction/verify", "transactions/", "epayment/lookup", "checkout/orders", "/capture",
                               "v1/orders", "v1/payments", "validationserverapi", "transrec", "/lookup"}) &&
          (said.find("http") != std::string::npos || !holes(a).empty()) &&
          !icontains_any(said, {"subscription", "customers"}))
        return c->node;
    }
  }
  return {};
}

// if (payment.amount !== order.total) …, session.metadata.user_id === user.id: what the provider says is held against
// what the project knows.
bool compares(Node f) {
  for (const char* type : {"binary_expression", "comparison_operator"})
    for (const Node b : f.all(type)) {
      const Code said = b.code();
      if (said.size() > 300 || (!contains(said, "=") && !contains(said, "<") && !contains(said, ">"))) continue;
      if (icontains_any(said, {"null", "none", "undefined", "typeof", "=== 0", "== 0"})) continue;
      if (icontains_any(said, {"metadata", "client_reference", "custom_id", "reference_id", "notes", "custom_data"}) ||
          has_word(said, {"amount", "total", "customer", "payer", "currency", "email", "userid", "price", "product",
                          "user", "owner", "purchase"}))
        return true;
    }
  return false;
}

// Payment.findOne({ sessionId }), filter(reference=ref): the payment is one that the project has begun itself.
bool begun_here(const File& file, Node f) {
  if (file.tree.python()) {
    for (const Call* c : file.calls_in(f)) {
      const std::string_view m = last(c->name);
      if (m == "get" || m == "filter" || m == "filter_by" || m == "get_object_or_404" || m == "exclude" || m == "aget")
        for (const auto& [key, value] : c->keywords)
          if (provider_number(key)) return true;
      if (m == "where" || m == "filter")
        for (const Node a : c->args)
          for (const Node x : a.all("attribute"))
            if (provider_number(x.child("attribute").text())) return true;
      if ((m == "find_one" || m == "find_one_and_update" || m == "update_one") && c->arg(0).is("dictionary"))
        for (const auto& [key, value] : members(c->arg(0)))
          if (provider_number(key)) return true;
    }
  } else {
    for (const Touch& t : touches(file, f)) {
      const auto call = as_call(t.call);  // a statement of SQL is read below, with what it asks for alone
      if (t.kind == Touch::Kind::create || (call && has_word(last(call->name), {"query", "execute", "run", "raw"})))
        continue;
      for (const std::string_view part : text::split(t.condition, ','))
        if (provider_number(part.substr(0, part.find(':')))) return true;
    }
  }
  for (const Call* c : file.calls_in(f)) {
    const std::string_view m = last(c->name);
    if (m != "query" && m != "execute" && m != "fetchrow" && m != "run" && m != "get" && m != "first" &&
        m != "fetchone")
      continue;
    const std::string low = text::to_lower(literal(c->arg(0)).value_or(spoken(c->arg(0))));
    const std::size_t where = low.find(" where ");
    if (where != std::string::npos && provider_number(std::string_view(low).substr(where))) return true;
  }
  return false;
}

// retrieve(booking.payment_intent): what is asked about comes from the own record.
bool own_number(Node proof) {
  const auto c = as_call(proof);
  if (!c) return false;
  const Node a = unwrap(c->arg(0));
  if (!a.any_of("member_expression", "attribute")) return false;
  const std::string name = dotted(a);
  return !has_word(name.substr(0, name.rfind('.')),
                   {"body", "req", "request", "data", "dto", "query", "params", "input", "payload", "args", "form",
                    "get", "post", "parsed", "values"});
}

// payment.verified = True
Node settles(Node f) {
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : f.all(type)) {
      const Node left = a.child("left"), right = unwrap(a.child("right"));
      if (!left.any_of("attribute", "member_expression") || (right.text() != "True" && right.text() != "true"))
        continue;
      const std::string name = dotted(left);
      if (has_word(last(name), {"verified", "confirmed", "completed", "successful", "settled"}) &&
          has_word(name.substr(0, name.rfind('.')), {"payment", "order", "transaction", "booking", "invoice", "deposit",
                                                     "purchase", "donation", "subscription"}))
        return a;
    }
  return {};
}

}  // namespace

void note_confirming(const File& file, Node f, MoneyFunction& out) {
  const Code code = f.code();
  if (!icontains_any(code, {"pay", "paid", "credit", "order", "session", "transaction", "wallet", "balance", "premium",
                            "plan", "subscri", "enrol", "booking", "refer", "pidx"}))
    return;
  if (const Node proof = proof_of(file, f)) {
    out.proves = Spot{place(file.path, proof.line()), file.shown(proof)};
    out.binds = own_number(proof);
    out.merely_answered = icontains_any(code, {"transaction/verify"}) && icontains(code, "paystack");
  }
  out.says_success = icontains_any(code, {"'success'", "\"success\"", "'successful'", "\"successful\""});
  out.binds = out.binds || compares(f) || begun_here(file, f);
  for (const Entitlement& e : entitlements(file, f)) {
    if (e.weak && !icontains_any(code, {"pay", "stripe"})) continue;
    if (!out.gives) out.gives = Spot{place(file.path, e.at.line()), file.shown(e.at)};
    out.gives_more = out.gives_more || e.kind == Entitlement::Kind::counts;
  }
  if (!out.gives)
    if (const Node set = settles(f)) out.gives = Spot{place(file.path, set.line()), file.shown(set)};
}

void judge_confirmed_payments(const Project& project, Sink& sink) {
  const auto& map = project.notes<MoneyMap>();
  const bool any =
      std::any_of(map.all.begin(), map.all.end(), [](const MoneyFunction& f) { return f.proves.has_value(); });
  if (!any) return;
  std::set<const MoneyFunction*> told;
  for (const MoneyFunction& door : map.all) {
    if (door.head.empty() || door.events || door.staff ||
        has_word(door.head + " " + door.path, {"webhook", "webhooks", "hook", "admin", "cron", "ipn", "refund",
                                               "cancel", "payout", "list", "history"}))
      continue;
    const auto reached = map.reach(door);
    const MoneyFunction *gives = nullptr, *proves = nullptr;
    bool more = false, binds = false, once = false, hook = false, answered = false, success = false;
    for (const MoneyFunction* f : reached) {
      if (!gives && f->gives) gives = f;
      if (!proves && f->proves) proves = f;
      more = more || f->gives_more || !f->counts.empty();
      binds = binds || f->binds;
      once = once || f->remembers;
      hook = hook || f->events;
      answered = answered || f->merely_answered;
      success = success || f->says_success;
    }
    if (!gives)
      for (const MoneyFunction* f : reached)
        if (!f->counts.empty()) gives = f;
    if (!gives || !proves || hook || !told.insert(gives).second) continue;
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& k) {
      return (k.id == "PAY-002" || k.id == "WHK-002") &&
             std::any_of(k.locations.begin(), k.locations.end(), [&](const proof::Location& at) {
               return std::any_of(reached.begin(), reached.end(), [&](const MoneyFunction* r) {
                 return at.path == r->path && at.line >= r->at.at.line && at.line <= r->end_line;
               });
             });
    });
    if (known) continue;
    const Spot& where = gives->gives ? *gives->gives : gives->counts.front();
    std::string title;
    if (answered && !success)
      title = "That the provider answered at all counts as paid";
    else if (more && !once)
      title = "The same payment, shown again, counts again";
    else if (!binds)
      title = "A payment that the client names counts, whatever its sum, its payer and its purpose";
    if (title.empty()) continue;
    // Stops: paying once and showing that for ever; paying little, or another paying, and showing that.
    auto& f = sink.find("PAY-002", where.at, where.shown);
    f.title = std::move(title);
    f.confidence = proof::Confidence::medium;
    f.locations.push_back(proves->proves->at);
    f.evidence.push_back(proves->proves->shown);
  }
}

}  // namespace gatehouse::audit::source
