// What a delivery that comes twice does twice: credits added, rows of payments made, mails sent.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool countable(std::string_view name) {
  return has_word(name, {"credits", "credit", "balance", "coins", "points", "tokens", "wallet", "stock", "quota",
                         "seats", "entries", "minutes", "usage", "funds", "inventory", "hours", "lessons"}) &&
         !has_word(name, {"id", "card", "reset", "history", "log"});
}

bool ledger(std::string_view name) {
  return has_word(name, {"payment",    "payments",    "transaction", "transactions", "order",          "orders",
                         "purchase",   "purchases",   "invoice",     "invoices",     "paymenthistory", "ledger",
                         "enrollment", "enrollments", "booking",     "bookings",     "ticket",         "tickets",
                         "license",    "licenses",    "donation",    "donations",    "sale",           "sales"});
}

// `await addCredits(user, n)`, `User.update_credits(…)`
bool adds(std::string_view name) {
  if (const std::string_view way = last(name);  // grant_minutes.delay(…)
      (way == "delay" || way == "apply_async" || way == "enqueue") && name.size() > way.size())
    name.remove_suffix(way.size() + 1);
  const std::string_view f = last(name);
  return countable(f) && has_word(f, {"add", "grant", "increment", "increase", "topup", "top", "give", "award",
                                      "update", "refill", "deposit", "apply", "charge", "restore", "refund", "return"});
}

bool mails(std::string_view name) {
  return (has_word(name, {"send", "notify", "deliver"}) &&
          has_word(name, {"email", "mail", "emails", "sms", "receipt", "confirmation", "notification", "mailer"})) ||
         last(name) == "sendMail";
}

bool logs(std::string_view name) {  // logger.info(…), console.log(…), log_event.delay(…)
  const auto root = words(name.substr(0, name.find('.')));
  const std::string first = root.empty() ? std::string() : root.front();
  return first == "console" || first == "logger" || first == "logging" || first == "log" || first == "print" ||
         (!root.empty() && root.back() == "logger") || contains(name, ".logger.") || contains(name, ".log.");
}

bool creates(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "create" || f == "insert" || f == "insertOne" || f == "acreate" || f == "objects.create")
    return ledger(c.name) || (c.node.first() && ledger(c.node.first().code()));
  if ((f == "add" || f == "save") && !c.args.empty())
    if (const auto made = as_call(unwrap(c.arg(0)))) return ledger(made->name);
  return false;
}

// What comes behind is not done.
bool leaves(Node block) {
  const Code code = block.code();
  return contains(code, "return") || contains(code, "continue") || contains(code, "break") || contains(code, "throw") ||
         contains(code, "raise");
}

bool holds(Node block, const Repeats& all) {
  const auto inside = [&](Node n) { return n.inside(block); };
  return std::any_of(all.counts.begin(), all.counts.end(), inside) ||
         std::any_of(all.others.begin(), all.others.end(), inside);
}

// The code without what it only writes to the log.
std::string without_logs(const File& file, Node within) {
  std::string out(within.code());
  std::vector<std::pair<std::size_t, std::size_t>> cut;
  for (const Call* c : file.calls_in(within))
    if (logs(c->name)) cut.emplace_back(c->node.begin() - within.begin(), c->node.end() - within.begin());
  for (const auto& [from, to] : cut)
    for (std::size_t i = from; i < to && i < out.size(); ++i) out[i] = ' ';
  return out;
}

}  // namespace

std::vector<Node> handler_and_helpers(const File& file, Node handler) {
  std::vector<Node> out{handler}, all;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) all.push_back(f);
  std::vector<std::string> texts{std::string(handler.code())};
  // HANDLERS = { "invoice.paid": on_paid }, used by its name.
  for (const char* type : {"assignment", "variable_declarator"})
    for (const Node a : file.tree.all(type)) {
      const Node left = a.is("assignment") ? a.child("left") : a.child("name");
      const Node right = a.is("assignment") ? a.child("right") : a.child("value");
      if (right.any_of("dictionary", "object") && !a.inside(handler) && left.is("identifier") &&
          has_token(handler.code(), left.text()))
        texts.emplace_back(right.code());
    }
  for (std::size_t i = 0; i < texts.size() && out.size() < 24; ++i)
    for (const Node f : all) {
      const std::string name = function_name(f);
      if (name.size() < 3 || f.inside(handler) || handler.inside(f)) continue;
      if (std::any_of(out.begin(), out.end(), [&](Node o) { return o == f; })) continue;
      if (!has_token(texts[i], name)) continue;
      out.push_back(f);
      texts.emplace_back(f.code());
    }
  return out;
}

bool reawakens(const Code& code) {
  const bool gives = icontains_any(code, {"checkout.session.completed", "subscription_created", "payment_succeeded",
                                          "payment.captured", "subscription.created"});
  const bool takes = icontains_any(code, {"subscription.deleted", "subscription_cancelled", "subscription.cancelled",
                                          "subscription_expired", "subscription.canceled"});
  const bool ordered = icontains_any(
      code, {"event.id", "event[\"id\"]", "event['id']", "event_id", "eventid", "event.created", "event[\"created\"]",
             "event['created']", "subscription.retrieve(", "subscriptions.retrieve(", "webhookevent", "webhook_event",
             "stripeevent", "processed", "idempot", "svix-id", "svix_id"});
  return gives && takes && !ordered;
}

Repeats repeats_of(const File& file, Node handler) {
  Repeats out;
  std::string here;
  bool asked = false;
  for (const Node f : handler_and_helpers(file, handler)) {
    here += without_logs(file, f);
    for (const Call* c : file.calls_in(f)) {
      if (logs(c->name)) continue;
      const auto procedure = last(c->name) == "rpc" ? literal(c->arg(0)) : std::nullopt;
      if (adds(procedure ? *procedure : c->name))
        out.counts.push_back(c->node);
      else if (mails(c->name) || creates(*c))
        out.others.push_back(c->node);
    }
    for (const Node p : f.all("pair")) {
      const std::string key(p.child("key").text());
      const Code value = p.child("value").code();
      const bool more = contains(value, "increment") || contains(value, "decrement") || contains(value, " + ") ||
                        (icontains(value, "new") && countable(value)) || contains(value, "sql`");
      if ((countable(key) && more && !contains(value, "new Date")) || key == "$inc") out.counts.push_back(p);
    }
    for (const Node k : f.all("keyword_argument"))  // update(seats=F("seats") + n)
      if (countable(k.child("name").text()) && contains(k.child("value").code(), "F(") &&
          contains(k.child("value").code(), "+"))
        out.counts.push_back(k);
    for (const Node a : f.all("augmented_assignment"))
      if (a.has_token("+=") && a.child("left").is("attribute") && countable(a.child("left").child("attribute").text()))
        out.counts.push_back(a);
    for (const Node a : f.all("augmented_assignment_expression"))
      if (a.has_token("+=") && a.child("left").is("member_expression") &&
          countable(a.child("left").child("property").text()))
        out.counts.push_back(a);
    for (const Node a : f.all("assignment"))
      if (a.child("left").is("attribute") && countable(a.child("left").child("attribute").text()) &&
          contains(a.child("right").code(), " + "))
        out.counts.push_back(a);
    // `if order.paid: return`: what was done once is not done again.
    for (const Node branch : f.all("if_statement")) {
      const Code c = branch.child("condition").code();
      if (!leaves(branch.child("consequence")) && !holds(branch.child("consequence"), out)) continue;
      if (icontains_any(c, {".paid", ".ispaid", ".is_paid", ".status", ".paid_at", ".paidat", "processed", "exist",
                            "already", "handled", "seen", "duplicate"}) &&
          !icontains_any(c, {"session.", "session?.", "event.", "intent.", "payment_status", "data.", "object.",
                             "invoice.", "subscription.status", "obj."}))
        asked = true;
    }
  }
  const bool remembers =
      asked ||
      icontains_any(here, {"event.id",        "event[\"id\"]",  "event['id']", "evt.id",       "event.get(\"id\")",
                           "event.get('id')", "event_id",       "eventid",     "idempot",      "already",
                           "dedup",           "duplicate",      "svix-id",     "svix_id",      "p2002",
                           "23505",           "integrityerror", "setnx",       "webhookevent", "webhook_event",
                           "stripeevent",     "on conflict",    "onconflict",  ".exists()"});
  out.remembered = remembers;
  if (icontains_any(here, {"get_or_create", "update_or_create", "upsert"})) out.others.clear();
  return out;
}

}  // namespace gatehouse::audit::source
