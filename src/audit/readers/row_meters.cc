// Rows that say what somebody has used or has left, which he may write himself.
#include <algorithm>
#include <map>

#include "audit/readers/row_tables.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// A book of what was added and taken: its sum is the balance.
bool ledger(std::string_view table) {
  return syntax::has_word(table, {"ledger"}) ||
         (syntax::has_word(table, {"credit", "credits", "token", "tokens", "coin", "coins", "wallet", "points"}) &&
          syntax::has_word(table, {"transactions", "transaction", "history", "log", "logs", "grants", "purchases"}));
}

bool counts(std::string_view column) {
  if (syntax::has_word(column, {"id", "at", "type", "name", "limit"})) return false;
  return syntax::has_word(
      column, {"used", "count", "consumed", "spent", "remaining", "cost", "usage", "tokens", "calls", "requests",
               "generations", "credits", "pages", "minutes", "quota", "amount"});
}

// usage_logs, ai_usage, daily_generations (user_id, day, count): kept by the house, and not written by people.
bool meter(std::string_view table, const source::Record* r) {
  // What medicine or fuel somebody uses is his own diary: no count of what the house sells him.
  if (syntax::has_word(table, {"metering", "quota", "quotas"})) return true;
  const bool named = syntax::has_word(table, {"usage", "usages", "requests", "generations", "calls", "consumption",
                                              "limits", "allowance", "allowances"});
  if (!named || r == nullptr) return false;
  if (syntax::has_word(table, {"friend", "join", "contact", "service", "leave", "access", "support", "help", "phone",
                               "time", "off", "water", "energy", "fuel"}))
    return false;
  const auto counted = std::count_if(r->columns.begin(), r->columns.end(), [](const auto& c) { return counts(c); });
  return counted > 0 && (r->columns.size() <= 8 || syntax::has_word(table, {"usage", "limits"}));
}

bool revoked(const Tables& tables, const Tables::Policy& p) {
  const std::string bare = bare_name(p.table);
  for (const std::string& name : {bare, p.table, "table " + p.table, "table " + bare})
    for (const std::string& verb : {p.verb, std::string("all")})
      if (has(tables.kept_back, "revoke " + verb + " on " + name)) return true;
  return false;
}

}  // namespace

// Stops: the month's use set back to nothing, by the one who used it, with the public key and his own session.
void judge_meters(const source::Schema& schema, const Tables& tables, Sink& sink) {
  std::map<std::string, std::vector<const Tables::Policy*>> found;
  for (const auto& [key, p] : tables.policies) {
    if (p.verb == "select" || p.table == "storage.objects" || for_the_server(p.text)) continue;
    if (!asks_caller(p.text) || (asks_rank(p.text) && !has(p.text, " or ")) || reach_of(p) == Reach::all) continue;
    const std::string bare = bare_name(p.table);
    const bool book = ledger(bare);
    if (!book && !meter(bare, schema.of(bare))) continue;
    // Who only adds to what he has used does himself no good; to what he has bought, he does.
    if (p.verb == "insert" && !book) continue;
    if (revoked(tables, p)) continue;
    found[p.table].push_back(&p);
  }
  for (auto& [table, policies] : found) {
    std::sort(policies.begin(), policies.end(),
              [](const auto* a, const auto* b) { return a->path != b->path ? a->path < b->path : a->line < b->line; });
    const Tables::Policy& p = *policies.front();
    const std::string bare = text::printable(bare_name(table));
    // A column of it was told as one's rights.
    if (std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
          return f.id == "AZ-007" && std::any_of(policies.begin(), policies.end(), [&](const Tables::Policy* q) {
                   return f.locations.front().path == q->path && f.locations.front().line == q->line;
                 });
        }))
      continue;
    const bool book = ledger(bare);
    auto& f = sink.find("AZ-007", p.path, p.line, p.shown);
    f.title = book ? "Everybody writes his own rows of " + bare + ", whose sum is what he has"
                   : "Everybody " + std::string(p.verb == "delete" ? "deletes" : "changes") + " his own rows of " +
                         bare + ", which count what he has used";
    f.impact = book ? "One request with the public key books any number of credits."
                    : "What was used is set back by the one who used it: limits and bills count by these rows.";
    f.fix =
        "Let people read the rows alone; the server (service_role), or a function with checks of its own, writes "
        "them.";
    f.severity = book ? proof::Severity::high : proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
    for (std::size_t i = 1; i < policies.size() && i < 6; ++i) {
      f.locations.push_back({policies[i]->path, policies[i]->line});
      f.evidence.push_back(policies[i]->shown);
    }
  }
}

}  // namespace gatehouse::audit
