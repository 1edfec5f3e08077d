// What a schema gives away by its grants: every right on every table, the coming ones too, to visitors.
#include "audit/readers/row_tables.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kMostGrants = 200;

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// The rights of `grant all privileges on all tables in schema public to anon, authenticated`, when they change rows or
// start functions.
bool gives_much(std::string_view rights) {
  return syntax::has_word(rights, {"all", "insert", "update", "delete", "truncate"});
}

// Nobody in particular: who has no account, who has any, and every role there is.
bool to_anybody(std::string_view roles) { return syntax::has_word(roles, {"anon", "authenticated", "public"}); }

}  // namespace

void read_grants(const Source& source, const SqlStatement& s, Tables& tables) {
  std::string_view t = s.text;
  const bool coming = t.starts_with("alter default privileges ");
  // What the platform itself writes when a database is dumped.
  if (coming && has(t, " for role ")) return;
  const bool takes = has(t, "revoke ") && has(t, " from ");
  if (coming) {
    const std::size_t at = t.find(takes ? "revoke " : "grant ");
    if (at == std::string_view::npos) return;
    t.remove_prefix(at);
  }
  if (!t.starts_with("grant ") && !t.starts_with("revoke ")) return;
  const std::size_t on = t.find(" on "), to = t.rfind(takes ? " from " : " to ");
  if (on == std::string_view::npos || to == std::string_view::npos || to < on) return;
  const std::string_view rights = t.substr(0, on), what = t.substr(on + 4, to - on - 4), roles = t.substr(to);
  const bool every = coming || what.starts_with("all ");
  if (!every || !has(what, "tables") || !to_anybody(roles)) return;
  const std::string key = coming ? "coming" : "present";
  if (takes && syntax::has_word(rights, {"all", "insert"}))
    std::erase_if(tables.grants, [&](const Tables::Policy& g) { return g.verb == key; });
  else if (!takes && gives_much(rights) && tables.grants.size() < kMostGrants)
    tables.grants.push_back({"", key, s.text, s.said, std::string(source.path()), quote(s.text), s.line});
}

// Stops: the next table, which somebody adds without row-level security and which strangers write from then on.
void judge_grants(const Tables& tables, Sink& sink) {
  if (tables.grants.empty()) return;
  const auto& first = tables.grants.front();
  const bool strangers = has(first.text, "anon") || has(first.text, "public");
  bool coming = false;
  for (const auto& g : tables.grants) coming = coming || g.verb == "coming";
  auto& f = sink.find("AZ-006", first.path, first.line, first.shown);
  f.title = std::string(strangers ? "Strangers are" : "Every account is") + " granted all rights on every table" +
            (coming ? ", those to come too" : "");
  f.impact =
      "Only row-level security stands between the public key and the rows: one table without it may be read, changed "
      "and emptied by everybody.";
  f.fix =
      "Grant select, insert, update and delete table by table, to authenticated where an account is needed, and revoke "
      "the rest.";
  f.severity = proof::Severity::medium;
  for (std::size_t i = 1; i < tables.grants.size() && i < 6; ++i) {
    f.locations.push_back({tables.grants[i].path, tables.grants[i].line});
    f.evidence.push_back(tables.grants[i].shown);
  }
}

}  // namespace gatehouse::audit
