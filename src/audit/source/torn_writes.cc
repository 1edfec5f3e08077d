#include "audit/source/torn_writes.h"

#include <algorithm>
#include <set>

#include "audit/source/data.h"
#include "audit/source/recurring.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 6;

struct TornWrites {
  Recurring told{kMostPlaces};
};

// What is wrong when only half of it is there: money, what is reserved, accounts.
bool weighty(std::string_view name) {
  return has_word(name,
                  {"order",    "orders",      "booking",      "bookings",    "payment",      "payments",     "invoice",
                   "invoices", "transaction", "transactions", "reservation", "reservations", "subscription", "wallet",
                   "balance",  "credit",      "credits",      "stock",       "inventory",    "ticket",       "tickets",
                   "seat",     "room",        "enrollment",   "rental",      "tenant",       "user",         "account",
                   "checkout", "purchase",    "transfer",     "payout",      "refund"});
}

bool held_together(const Code& code) {
  return icontains_any(code, {"transaction(", "$transaction", "starttransaction", "withtransaction",
                              "begin(",       "'begin'",      "\"begin\"",        "begin_nested",
                              ".atomic",      "@atomic",      "batch()",          ".rpc(",
                              "trx",          "writebatch",   "runtransaction",   "session.commit",
                              "rollback",     "unitofwork",   "@transactional",   "queryrunner"});
}

void tell(File& file, Node first, Node second) {
  auto* f = file.project.notes<TornWrites>().told.hit(file, "DATA-002", first);
  if (f == nullptr) return;
  f->title = "Records that belong together are written one after the other, without a transaction";
  f->severity = proof::Severity::low;
  f->confidence = proof::Confidence::medium;
  f->impact =
      "When the second write fails, or the process ends between both, the first one stays: an order without its items, "
      "an account nobody can use, money without what it was for.";
  f->fix = "Write them in one transaction, so that both are there or none.";
  also(*f, file, second);
}

// The second is not the first's other way: if (a) save(x) else save(y), try … except save(failed).
bool after(Node first, Node second, Node function) {
  std::set<std::size_t> above;
  for (Node p = second.parent(); p && !(p == function); p = p.parent()) above.insert(p.begin());
  for (Node p = second; p && !(p == function); p = p.parent())
    if (p.any_of("except_clause", "catch_clause", "else_clause", "elif_clause", "finally_clause", "switch_case") &&
        !first.inside(p))
      return false;
  for (Node p = first.parent(); p && !(p == function); p = p.parent()) {
    if (p.any_of("if_statement", "except_clause", "catch_clause", "switch_case") && !second.inside(p)) {
      // if (!user) { create; return } … ends before the second.
      const Code code = p.code();
      if (contains(code, "return") || contains(code, "raise") || contains(code, "throw")) return false;
    }
    if (p.any_of("lambda", "arrow_function") && !second.inside(p)) return false;
  }
  return true;
}

struct Write {
  Node call;
  std::string record;
};

// Here or around: prisma.$transaction(async (tx) => { … })
bool within_transaction(Node function) {
  for (Node f = function; f; f = function_around(f))
    if (held_together(f.code())) return true;
  return false;
}

// await updateRoomStatus(id, true): what a function of the project's own writes, by its name.
std::string written_by_name(const Call& c) {
  // What a provider keeps is in no transaction of ours.
  if (icontains_any(c.name, {"stripe", "paypal", "razorpay", "provider", "clerk", "firebase", "mail"})) return {};
  const std::string root = c.name.substr(0, c.name.find('.'));
  const bool own = root.size() == c.name.size() ||
                   has_word(root, {"this", "repository", "repo", "service", "db", "dao", "model", "storage", "store"});
  if (!c.node.parent().is("await_expression") || !own) return {};
  const std::string_view f = last(c.name);
  for (const std::string_view verb : {"create", "update", "delete", "remove", "insert", "save"})
    if (f.size() > verb.size() && f.starts_with(verb) && f[verb.size()] >= 'A' && f[verb.size()] <= 'Z')
      return std::string(f.substr(verb.size()));
  return {};
}

bool beside_the_point(std::string_view record) {
  return has_word(record, {"log", "logs", "notification", "notifications", "token", "tokens", "session", "audit",
                           "activity", "event", "otp", "cache", "history", "file", "image", "cookie"});
}

void judge_script(File& file) {
  if (!contains(file.code(), "await")) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node function : file.tree.all(type)) {
      const Node code = body(function);
      if (!code || !contains(code.code(), "await") || within_transaction(function)) continue;
      std::vector<Write> writes;
      for (const Touch& t : touches(file, code))
        if ((t.kind == Touch::Kind::create || t.kind == Touch::Kind::change || t.kind == Touch::Kind::remove) &&
            function_around(t.call) == function && !t.by_rules)
          writes.push_back({t.call, t.record});
      for (const Call* c : file.calls_in(code))
        if (std::string record = written_by_name(*c);
            !record.empty() && function_around(c->node) == function &&
            std::none_of(writes.begin(), writes.end(), [&](const Write& w) { return w.call == c->node; }))
          writes.push_back({c->node, std::move(record)});
      std::stable_sort(writes.begin(), writes.end(),
                       [](const Write& a, const Write& b) { return a.call.begin() < b.call.begin(); });
      for (std::size_t i = 1; i < writes.size(); ++i) {
        const Write &a = writes[i - 1], &b = writes[i];
        if (a.record == b.record || !(weighty(a.record) || weighty(b.record)) || beside_the_point(a.record) ||
            beside_the_point(b.record))
          continue;
        if (!after(a.call, b.call, function)) continue;
        tell(file, a.call, b.call);
        break;
      }
    }
}

void judge_python(File& file) {
  const Code all = file.code();
  const bool django = file.imports_from("django") || file.imports_from("rest_framework");
  if (!contains(all, ".commit()") && !(django && icontains_any(all, {".save(", ".objects.create("}))) return;
  for (const Node function : file.tree.all("function_definition")) {
    const Code code = function.code();
    if (contains(function.parent().text().substr(0, 200), "atomic") || (django && held_together(code))) continue;
    std::vector<std::pair<Node, std::string>> writes;  // and what is written
    for (const Call* c : file.calls_in(body(function))) {
      if (function_around(c->node) != function) continue;
      const std::string_view f = last(c->name);
      if (!django && f == "commit" && c->args.empty()) writes.emplace_back(c->node, "");
      if (!django || c->name.starts_with("super()")) continue;
      const std::string target = c->name.substr(0, c->name.find('.'));
      // form.save(commit=False) writes nothing yet.
      if (f == "save" && c->name.find('.') != std::string::npos && target != "self" &&
          !contains(c->node.text(), "commit=False"))
        writes.emplace_back(c->node, target);
      if (f == "create" && contains(c->name, ".objects.")) writes.emplace_back(c->node, target);
    }
    for (std::size_t i = 1; i < writes.size(); ++i) {
      const auto& [a, what] = writes[i - 1];
      const auto& [b, other] = writes[i];
      if (!after(a, b, function)) continue;
      const std::string name = std::string(function.child("name").text());
      if (django) {
        if (text::iequals(what, other) || !(weighty(what) || weighty(other) || weighty(name))) continue;
        if (has_word(other, {"log", "notification", "form", "token", "otp", "session", "message"})) continue;
      } else {
        // Something is added between both commits.
        const std::string_view whole = function.text();
        const std::string_view between = whole.substr(a.begin() - function.begin(), b.begin() - a.begin());
        if (!contains(between, ".add(") && !contains(between, "insert(")) continue;
        if (!weighty(name) &&
            !icontains_any(code, {"order", "payment", "booking", "user(", "invoice", "stock", "subscription"}))
          continue;
      }
      tell(file, a, b);
      break;
    }
  }
}

}  // namespace

void read_torn_writes(File& file) {
  if (icontains_any(file.path, {"test", "seed", "script", "migrat", "command", "fixture", "mock"})) return;
  if (file.tree.python())
    judge_python(file);
  else if (!client_file(file))
    judge_script(file);
}

}  // namespace gatehouse::audit::source
